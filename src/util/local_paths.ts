/**
 * An absolute path: of this system, of Windows, of a share, or below the home folder. Parts may
 * hold single spaces, since folders do. What stands before keeps addresses (`https://host/x`) and
 * quotients (`tokens/s`) out.
 */
const PATH =
  /(?<![\w.:/\\~)…-])(?:[A-Za-z]:|~)?[\\/]{1,2}(?:[^\s\\/:;,"'`()<>|*?]+(?: [^\s\\/:;,"'`()<>|*?]+)*[\\/])*[^\s\\/:;,"'`()<>|*?]*/g;

/** A last part that is a file and no folder: it has an extension. */
const FILE = /[^\\/]*\.[A-Za-z0-9]{1,12}$/;

/**
 * A text without the folders of this machine, for results, which travel: of the path of a file its
 * name is left, of a folder nothing.
 *
 * @example withoutLocalPaths("/home/anna/lra/x.tsv: no such file") // "…/x.tsv: no such file"
 */
export function withoutLocalPaths(text: string): string {
  return text.replaceAll(PATH, (path) => {
    // A slash alone separates words.
    if (/^[\\/]+$/.test(path)) return path;
    const end = /[.!]*$/.exec(path)?.[0] ?? "";
    const file = FILE.exec(path.slice(0, path.length - end.length))?.[0];
    return `…${file === undefined ? "" : `/${file}`}${end}`;
  });
}
