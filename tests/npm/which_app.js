// Whose manifest is found: that of the app which the main script is of, however it was started. Node, Bun and Deno run this.
//
// The app is in a folder of somebody else's, whose manifest grants more.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { engine, equal, ok, test } from "./check.js";

const outer = realpathSync(mkdtempSync(join(tmpdir(), "runtime-wasm-app-")));
const app = join(outer, "app");
process.on("exit", () => rmSync(outer, { recursive: true, force: true }));

const WIDE = '[capabilities.wasm]\nload = ["./**/*.wasm"]\n';
const NARROW = '[capabilities.wasm]\nload = ["./plugins/*.wasm"]\n';
/** Prints what the app is granted: of its plugins, and of what only the manifest of the outer folder has. */
const TELL = `const tell = async ({ compileFile }) => {
  const code = (file) => compileFile(file).then(() => "yes", ({ code, message }) => message.includes("cannot be told") ? "untold" : code);
  console.log("granted:" + await code(${JSON.stringify(join(app, "plugins/a.wasm"))}) + "," + await code(${JSON.stringify(join(outer, "secret.wasm"))}));
};
`;
const IMPORTED = `import * as wasm from "runtime-wasm";\n${TELL}await tell(wasm);\n`;
const REQUIRED = `const wasm = require("runtime-wasm");\n${TELL}tell(wasm);\n`;

function write(name, text) {
  mkdirSync(dirname(join(outer, name)), { recursive: true });
  writeFileSync(join(outer, name), text);
}

const guest = readFileSync(new URL("./wasm/basic.wasm", import.meta.url));
write("manifest.app.toml", WIDE);
write("package.json", "{}");
write("secret.wasm", guest);
write("app/manifest.app.toml", NARROW);
write("app/package.json", '{ "type": "module", "main": "./main.js" }');
write("app/plugins/a.wasm", guest);
write("app/main.js", IMPORTED);
write("app/common.cjs", REQUIRED);
write("app/lib/package.json", '{ "type": "commonjs" }');
write("app/lib/index.js", REQUIRED);
write("app/lib/late.js", `process.argv.splice(1, 1); ${REQUIRED}`);
write("app/worker.js", `import { Worker } from "node:worker_threads";\nnew Worker(new URL("./main.js", import.meta.url));\n`);
write("app/evaluated.cjs", `const { Worker } = require("node:worker_threads");\nnew Worker(${JSON.stringify(REQUIRED)}, { eval: true });\n`);
write("app/web_worker.js", `import process from "node:process";
const worker = new Worker(new URL("./main.js", import.meta.url), { type: "module" });
worker.addEventListener("error", (event) => console.log(event.message));
setTimeout(() => process.exit(), 2000);
`);
write("usr/bin/README", "");
// As npm links the programs of a package.
for (const [name, to] of [["tool", "main.js"], ["tool.js", "main.js"], ["tool.cjs", "common.cjs"]]) symlinkSync(`../../app/${to}`, join(outer, "usr/bin", name));
symlinkSync("app", join(outer, "linked"));
symlinkSync(dirname(dirname(createRequire(import.meta.url).resolve("runtime-wasm/package.json"))), join(outer, "node_modules"));

const RUN = { node: [], bun: [], deno: ["run", "--allow-all", "--no-lock"] }[engine];

/** What is granted to what these arguments run. */
function granted(args, { cwd = outer, input = "", env = {}, flags = RUN } = {}) {
  const said = execFileSync(process.execPath, [...flags, ...args], { cwd, input, encoding: "utf8", env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  return /granted:(.*)/.exec(said)?.[1] ?? said;
}

const OF_APP = "yes,5009";
const OF_OUTER = "yes,yes";

test("a script by its path, also through links", () => {
  for (const script of ["app/main.js", "./app/main.js", "app/common.cjs", join(app, "main.js"), "linked/main.js", "linked/common.cjs", "usr/bin/tool", "usr/bin/tool.js", "usr/bin/tool.cjs"]) {
    equal(granted([script]), OF_APP, script);
    // What the script is given has no say.
    equal(granted([script, join(outer, "package.json")]), OF_APP, script);
  }
  equal(granted(["main.js"], { cwd: app }), OF_APP);
});

// Deno runs files only.
if (engine !== "deno") {
  test("a folder, and a script without its extension", () => {
    for (const script of ["app", "./app", "./app/", "linked", "app/main", "./app/main", "app/lib", "app/common.cjs", join(app, "main")]) equal(granted([script]), OF_APP, script);
    equal(granted(["."], { cwd: app }), OF_APP);
    equal(granted(["./main"], { cwd: app }), OF_APP);
  });
}

test("a script that takes itself out of its arguments before it loads the package", () => {
  equal(granted(["app/lib/late.js", join(outer, "package.json")]), OF_APP);
});

test("a worker by its own script, and none that has no file", () => {
  equal(granted(["app/worker.js"]), OF_APP);
  equal(granted(["app/evaluated.cjs"]), "untold,untold");
});

if (engine === "node") {
  test("links that Node has been told to keep", () => {
    equal(granted(["--preserve-symlinks-main", "usr/bin/tool.js"]), OF_OUTER);
    equal(granted(["usr/bin/tool.js"], { env: { NODE_PRESERVE_SYMLINKS_MAIN: "1" } }), OF_OUTER);
  });

  test("no script: the working directory, whatever the arguments are", () => {
    const others = join(outer, "package.json");
    for (const args of [["-e", REQUIRED], ["-e", REQUIRED, others], ["-e", REQUIRED, "--", others], ["--input-type=module", "-e", IMPORTED, others], ["-p", `${REQUIRED} 1`, others]]) {
      equal(granted(args, { cwd: app }), OF_APP, args[0]);
    }
    for (const args of [[], ["-"], ["-", others]]) equal(granted(args, { cwd: app, input: REQUIRED }), OF_APP, `stdin ${args}`);
    equal(granted(["-e", REQUIRED, join(app, "main.js")]), OF_OUTER);
  });

  test("a script for tests", () => {
    write("app/some.test.js", IMPORTED);
    equal(granted(["--test", "--test-reporter=tap", "app/some.test.js"]), OF_APP);
  });

  test("what is loaded before the script", () => {
    write("app/before.cjs", REQUIRED);
    write("app/nothing.js", "");
    equal(granted(["-r", "./app/before.cjs", "app/nothing.js"]), OF_APP);
    equal(granted(["--import", join(app, "main.js"), "app/nothing"]), OF_APP);
  });
}

if (engine === "bun") {
  test("no script: the working directory", () => {
    equal(granted(["-e", IMPORTED, join(outer, "package.json")], { cwd: app }), OF_APP);
    equal(granted(["run", "-"], { cwd: app, input: IMPORTED }), OF_APP);
  });
}

if (engine === "deno") {
  test("no script: the working directory", () => {
    equal(granted([IMPORTED, join(outer, "package.json")], { cwd: app, flags: ["eval"] }), OF_APP);
    equal(granted(["-"], { cwd: app, input: IMPORTED }), OF_APP);
  });
}

if (engine !== "node") {
  test("a worker of the web by its own script", () => {
    equal(granted(["app/web_worker.js"]), OF_APP);
  });
}

test("a manifest that is a link to nowhere is still the app's", () => {
  write("lost/package.json", '{ "type": "module" }');
  write("lost/main.js", IMPORTED);
  symlinkSync("nowhere.toml", join(outer, "lost/manifest.app.toml"));
  equal(granted(["lost/main.js"]), "5007,5007");
});

test("the paths of a manifest that is an object start at the app's folder", () => {
  const host = 'createHost({ manifest: { capabilities: { wasm: { load: ["./plugins/*.wasm"] } } }, cache: false })';
  write("app/object.js", `import { createHost } from "runtime-wasm";\n${TELL}await tell(${host});\n`);
  for (const script of ["app/object.js", "linked/object.js"]) equal(granted([script]), OF_APP, script);
  const evaluated = `const { createHost } = require("runtime-wasm"); try { ${host}; } catch ({ code, message }) { console.log("granted:" + code + message); }`;
  write("app/evaluated_object.cjs", `const { Worker } = require("node:worker_threads");\nnew Worker(${JSON.stringify(evaluated)}, { eval: true });\n`);
  ok(granted(["app/evaluated_object.cjs"]).includes("5007[5007] options.baseDir must be given"));
});
