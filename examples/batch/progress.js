// How far a batch is: on a terminal one line that is written over, with what failed above it; elsewhere a line for each job as it ends.

const BAR = 20;

/** Names of files may be meant for the terminal rather than for its reader. */
const printable = (text) => text.replace(/\p{C}/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

export class Progress {
  #terminal;
  #all;
  #ended = 0;
  #done = 0;
  #failed = 0;
  #running = new Set();

  /** `terminal.write(text)` writes; `terminal.columns` is its width, and undefined where it is none. */
  constructor(terminal, all) {
    this.#terminal = terminal;
    this.#all = all;
  }

  begin(name) {
    this.#running.add(name);
    this.#draw();
  }

  /** One that was stopped has neither been done nor failed. */
  end(name, how, failed, stopped = false) {
    this.#running.delete(name);
    this.#ended++;
    if (!failed) this.#done++;
    else if (!stopped) this.#failed++;
    const line = `${String(this.#ended).padStart(String(this.#all).length)}/${this.#all}  ${printable(`${name}: ${how}`)}\n`;
    if (this.#terminal.columns === undefined) this.#terminal.write(line);
    else if (failed) this.#terminal.write(`\r\x1b[K${line}`);
    this.#draw();
  }

  /** Says what has become of all; gives whether all is done. */
  over() {
    if (this.#terminal.columns !== undefined) this.#terminal.write("\r\x1b[K");
    const left = this.#all - this.#done - this.#failed;
    this.#terminal.write(`${this.#done} done, ${this.#failed} failed${left > 0 ? `, ${left} stopped or not begun` : ""}\n`);
    return this.#done === this.#all;
  }

  /** The line, cut to the terminal's width: one that wraps could not be written over. */
  #draw() {
    const { columns } = this.#terminal;
    if (columns === undefined) return;
    const full = Math.round((BAR * this.#ended) / this.#all);
    const bar = `[${"#".repeat(full)}${".".repeat(BAR - full)}]`;
    const line = `${bar} ${this.#ended}/${this.#all}, ${this.#failed} failed: ${printable([...this.#running].join(" "))}`;
    this.#terminal.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
  }
}
