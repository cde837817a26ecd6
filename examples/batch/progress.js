// How far a batch is: on a terminal one line that is written over, with what failed above it; elsewhere a line for each job as it ends.

const BAR = 20;

export class Progress {
  #terminal;
  #all;
  #ended = 0;
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

  end(name, how, failed) {
    this.#running.delete(name);
    this.#ended++;
    if (failed) this.#failed++;
    const line = `${String(this.#ended).padStart(String(this.#all).length)}/${this.#all}  ${name}: ${how}\n`;
    if (this.#terminal.columns === undefined) this.#terminal.write(line);
    else if (failed) this.#terminal.write(`\r\x1b[K${line}`);
    this.#draw();
  }

  over() {
    if (this.#terminal.columns !== undefined) this.#terminal.write("\r\x1b[K");
    this.#terminal.write(`${this.#ended - this.#failed} done, ${this.#failed} failed\n`);
  }

  /** The line, cut to the terminal's width: one that wraps could not be written over. */
  #draw() {
    const { columns } = this.#terminal;
    if (columns === undefined) return;
    const full = Math.round((BAR * this.#ended) / this.#all);
    const bar = `[${"#".repeat(full)}${".".repeat(BAR - full)}]`;
    const line = `${bar} ${this.#ended}/${this.#all}, ${this.#failed} failed: ${[...this.#running].join(" ")}`;
    this.#terminal.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
  }
}
