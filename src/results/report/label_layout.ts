/**
 * Moves positions apart to a smallest gap, keeping their order and their common centre.
 *
 * @param most No position lies beyond this; the centre gives way.
 */
export function spread(wanted: readonly number[], gap: number, most = Infinity): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  // Blocks of labels that touch: each keeps its members' mean position.
  const blocks: { members: number[]; centre: number }[] = [];
  const extent = (block: typeof blocks[number]) => (block.members.length - 1) * gap / 2;
  for (const index of order) {
    let block = { members: [index], centre: wanted[index] };
    for (;;) {
      const last = blocks.at(-1);
      if (last === undefined) break;
      if (last.centre + extent(last) + gap <= block.centre - extent(block)) break;
      blocks.pop();
      const members = [...last.members, ...block.members];
      const centre = members.reduce((sum, i) => sum + wanted[i], 0) / members.length;
      block = { members, centre };
    }
    blocks.push(block);
  }
  const positions = new Array<number>(wanted.length);
  for (const block of blocks) {
    block.members.forEach((index, k) => {
      positions[index] = block.centre - extent(block) + k * gap;
    });
  }
  let limit = most;
  for (const index of order.toReversed()) {
    positions[index] = Math.min(positions[index], limit);
    limit = positions[index] - gap;
  }
  return positions;
}

/** A disc with a label of the given width, in pixels. */
export interface LabelledDisc {
  x: number;
  y: number;
  r: number;
  width: number;
}

const lineHeight = 14;

/**
 * Centres of labels beside their discs. Each label in turn takes the place around its disc that
 * covers the least of the discs and of the labels before it, right and left preferred.
 */
export function placeLabels(
  discs: readonly LabelledDisc[],
  room: { left: number; right: number },
): { x: number; y: number }[] {
  const taken: Box[] = discs.map(({ x, y, r }) => ({
    x,
    y,
    w: 2 * r,
    h: 2 * r,
  }));
  return discs.map(({ x, y, r, width }, index) => {
    const side = r + 5 + width / 2;
    const rise = r + 3 + lineHeight / 2;
    const slant = 0.7 * r + 4;
    const candidates = [
      [side, 0],
      [-side, 0],
      [0, -rise],
      [0, rise],
      [slant + width / 2, -slant - 4],
      [slant + width / 2, slant + 4],
      [-slant - width / 2, -slant - 4],
      [-slant - width / 2, slant + 4],
    ].map(([dx, dy], rank) => {
      const box = { x: x + dx, y: y + dy, w: width, h: lineHeight };
      const outside = Math.max(0, room.left - (box.x - width / 2)) +
        Math.max(0, box.x + width / 2 - room.right);
      const covered = taken.reduce(
        (sum, other, i) => sum + (i === index ? 0 : overlap(box, other)),
        0,
      );
      return { box, cost: covered + 20 * outside + rank };
    });
    const best = candidates.reduce((a, b) => b.cost < a.cost ? b : a);
    taken.push(best.box);
    return { x: best.box.x, y: best.box.y };
  });
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Area that two boxes, given by centre and size, have in common. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.w / 2, b.x + b.w / 2) - Math.max(a.x - a.w / 2, b.x - b.w / 2);
  const height = Math.min(a.y + a.h / 2, b.y + b.h / 2) - Math.max(a.y - a.h / 2, b.y - b.h / 2);
  return Math.max(0, width) * Math.max(0, height);
}
