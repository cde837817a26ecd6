// A plugin whose file may be replaced while it is in use. No request is lost: those that are under way end where they have begun, and all later ones go
// to the new one. A file that is no plugin changes nothing.

/** A version of the plugin: a module, an instance of it, and how many requests are under way. */
class Version {
  #wasm;
  #module;
  /** A promise of the instance; none where one has to be made. */
  #instance;
  #underWay = 0;
  #retired = false;

  /** `sha256` is of its file. */
  constructor(wasm, module, instance, sha256) {
    this.#wasm = wasm;
    this.#module = module;
    this.#instance = Promise.resolve(instance);
    this.sha256 = sha256;
  }

  /** Rejects as the plugin's call does. */
  async call(name, args) {
    this.#underWay++;
    try {
      return await this.#answer(name, args);
    } finally {
      this.#underWay--;
      await this.#end();
    }
  }

  /** A request that ran into a limit has ended the instance; those that waited behind it (5005) have not begun, and begin in a fresh one. */
  async #answer(name, args) {
    for (;;) {
      const used = (this.#instance ??= this.#wasm.instantiate(this.#module, { name: "plugin" }));
      let ended = true;
      try {
        const instance = await used;
        ended = false;
        return await instance.call(name, ...args);
      } catch (error) {
        ended ||= error.code === 5005;
        // Whoever comes first makes the next one, and all others take that.
        if (ended && this.#instance === used) this.#instance = undefined;
        if (error.code !== 5005) throw error;
      }
    }
  }

  /** Nobody begins here any more: it ends with the last request that is under way. */
  async retire() {
    this.#retired = true;
    await this.#end();
  }

  async #end() {
    if (!this.#retired || this.#underWay > 0) return;
    await (await this.#instance)?.drop();
    await this.#wasm.dropModule(this.#module);
  }
}

export class Reloading {
  #wasm;
  #path;
  #current;

  constructor(wasm, path) {
    this.#wasm = wasm;
    this.#path = path;
  }

  /** Loads the file, if it is another than the one in use; resolves to whether it was. Where it is no plugin it rejects, and all stays as it was. */
  async load() {
    const module = await this.#wasm.compileFile(this.#path);
    const { sha256 } = await this.#wasm.inspect(module);
    if (sha256 === this.#current?.sha256) {
      await this.#wasm.dropModule(module);
      return false;
    }
    let instance;
    try {
      instance = await this.#wasm.instantiate(module, { name: "plugin" });
    } catch (error) {
      await this.#wasm.dropModule(module);
      throw error;
    }
    const before = this.#current;
    this.#current = new Version(this.#wasm, module, instance, sha256);
    await before?.retire();
    return true;
  }

  /**
   * Loads the file again after each change, until there are no more, and says what comes of it: `said("replaced")`, or `said("kept: …")` and why, once for as
   * long as that stays so.
   */
  async follow(changes, said) {
    let kept;
    for await (const { kind } of changes) {
      // Where the system tells them apart: the file is being written, and another change follows once it is whole.
      if (kind === "modify") continue;
      try {
        if (!(await this.load())) continue;
        kept = undefined;
        said("replaced");
      } catch (error) {
        if (error.message !== kept) said(`kept: ${error.message}`);
        kept = error.message;
      }
    }
  }

  /** Calls the plugin, whichever version that is by now. */
  call(name, ...args) {
    return this.#current.call(name, args);
  }

  async close() {
    await this.#current?.retire();
  }
}
