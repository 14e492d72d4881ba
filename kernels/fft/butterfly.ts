/** Generation of straight-line WGSL for discrete Fourier transforms of a few points. */

/** A complex number as two WGSL expressions; `"0.0"` is known to vanish and costs nothing. */
export interface Complex {
  readonly re: string;
  readonly im: string;
}

const zero = "0.0";

/** A real number. */
export function real(re: string): Complex {
  return { re, im: zero };
}

/** WGSL literal of a number rounded to f32. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** Collects statements and names intermediate values. */
export class Emitter {
  readonly lines: string[] = [];
  #next = 0;

  /** Names an expression. */
  bind(expression: string): string {
    const name = `v${this.#next++}`;
    this.lines.push(`let ${name} = ${expression};`);
    return name;
  }

  #add(a: string, b: string): string {
    if (a === zero) return b;
    return b === zero ? a : this.bind(`${a} + ${b}`);
  }

  #sub(a: string, b: string): string {
    if (b === zero) return a;
    return a === zero ? this.bind(`-${b}`) : this.bind(`${a} - ${b}`);
  }

  #scale(a: string, factor: number): string {
    if (a === zero || factor === 1) return a;
    return factor === -1 ? this.bind(`-${a}`) : this.bind(`${a} * ${literal(factor)}`);
  }

  /** a + b */
  add(a: Complex, b: Complex): Complex {
    return { re: this.#add(a.re, b.re), im: this.#add(a.im, b.im) };
  }

  /** a − b */
  sub(a: Complex, b: Complex): Complex {
    return { re: this.#sub(a.re, b.re), im: this.#sub(a.im, b.im) };
  }

  /** factor · a with a known real factor */
  scale(a: Complex, factor: number): Complex {
    return { re: this.#scale(a.re, factor), im: this.#scale(a.im, factor) };
  }

  /** i · a, or −i · a for a negative sign */
  rotate(a: Complex, sign: number): Complex {
    return sign > 0
      ? { re: this.#sub(zero, a.im), im: a.re }
      : { re: a.im, im: this.#sub(zero, a.re) };
  }

  /** a · b, or a · conj(b) */
  multiply(a: Complex, b: Complex, conjugate = false): Complex {
    if (b.im === zero) return { re: this.#times(a.re, b.re), im: this.#times(a.im, b.re) };
    const [rr, ii] = [this.#times(a.re, b.re), this.#times(a.im, b.im)];
    const [ri, ir] = [this.#times(a.re, b.im), this.#times(a.im, b.re)];
    return conjugate
      ? { re: this.#add(rr, ii), im: this.#sub(ir, ri) }
      : { re: this.#sub(rr, ii), im: this.#add(ri, ir) };
  }

  #times(a: string, b: string): string {
    return a === zero || b === zero ? zero : this.bind(`${a} * ${b}`);
  }

  /** a · exp(2πi · numerator / denominator) with exact special cases */
  #turn(a: Complex, numerator: number, denominator: number): Complex {
    const eighths = 8 * numerator / denominator;
    if (Number.isInteger(eighths)) {
      const k = ((eighths % 8) + 8) % 8;
      const quarter = k >> 1;
      const turned = quarter === 0
        ? a
        : quarter === 2
        ? { re: this.#sub(zero, a.re), im: this.#sub(zero, a.im) }
        : this.rotate(a, quarter === 1 ? 1 : -1);
      if (k % 2 === 0) return turned;
      const sum = this.add(turned, this.rotate(turned, 1));
      return this.scale(sum, Math.SQRT1_2);
    }
    const angle = 2 * Math.PI * numerator / denominator;
    return this.multiply(a, { re: literal(Math.cos(angle)), im: literal(Math.sin(angle)) });
  }

  /**
   * Discrete Fourier transform Σ_k x_k exp(sign · 2πi k f / r) of the given r points: halved while r
   * is even, directly for the odd rest.
   */
  transform(points: readonly Complex[], sign: 1 | -1): Complex[] {
    const r = points.length;
    if (r === 1) return [...points];
    if (r % 2 === 0) {
      const even = this.transform(points.filter((_, k) => k % 2 === 0), sign);
      const odd = this.transform(points.filter((_, k) => k % 2 === 1), sign)
        .map((value, k) => this.#turn(value, sign * k, r));
      return [
        ...even.map((value, k) => this.add(value, odd[k])),
        ...even.map((value, k) => this.sub(value, odd[k])),
      ];
    }
    const half = (r - 1) / 2;
    const sums = Array.from({ length: half }, (_, k) => this.add(points[k + 1], points[r - 1 - k]));
    const gaps = Array.from({ length: half }, (_, k) => this.sub(points[k + 1], points[r - 1 - k]));
    const result: Complex[] = new Array(r);
    result[0] = sums.reduce((a, b) => this.add(a, b), points[0]);
    for (let f = 1; f <= half; f++) {
      let straight = points[0];
      let crossed = real(zero);
      for (let k = 1; k <= half; k++) {
        const angle = 2 * Math.PI * ((k * f) % r) / r;
        straight = this.add(straight, this.scale(sums[k - 1], Math.cos(angle)));
        crossed = this.add(crossed, this.scale(gaps[k - 1], Math.sin(angle)));
      }
      crossed = this.rotate(crossed, sign);
      result[f] = this.add(straight, crossed);
      result[r - f] = this.sub(straight, crossed);
    }
    return result;
  }
}
