// Makes docs/reference.md of js/runtime-wasm.d.ts: `node scripts/reference.mjs > docs/reference.md`. A test compares the two. TypeScript is where
// `scripts/setup.sh test` puts it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = new URL("../", import.meta.url);
const ts = createRequire(import.meta.url)(new URL("target/tools/typescript/lib/typescript.js", root).pathname);
const text = readFileSync(new URL("js/runtime-wasm.d.ts", root), "utf8");
const source = ts.createSourceFile("runtime-wasm.d.ts", text, ts.ScriptTarget.Latest, true);

/** What the comment above says, as one paragraph. */
const comment = (node) => ts.getJSDocCommentsAndTags(node).map(({ comment }) => comment ?? "").join(" ").replace(/\s+/g, " ").trim();

/** What stands in the file, without comments and on one line. */
function code(node) {
  const printed = ts.createPrinter({ removeComments: true }).printNode(ts.EmitHint.Unspecified, node, source);
  return printed.replace(/\s+/g, " ").replace(/^(export |declare )+/, "").replace(/;$/, "").trim();
}

const quoted = (code) => `\`${code}\``;
const sentence = (said) => (said === "" ? "" : `: ${said}`);

// Headings that differ in capitals only have the same link, but for a number.
const taken = new Map();
function anchor(name) {
  const plain = name.toLowerCase();
  const before = taken.get(plain) ?? 0;
  taken.set(plain, before + 1);
  return before === 0 ? plain : `${plain}-${before}`;
}

/** The members of an interface, a class or an object's type: a line each, and below it those of an object within it. */
function members(node, indent = "") {
  const lines = [];
  for (const member of node.members) {
    const isObject = member.type && ts.isTypeLiteralNode(member.type);
    const nested = isObject && member.type.members.some((inner) => comment(inner) !== "");
    const shown = nested ? member.name.getText() : code(member);
    lines.push(`${indent}- ${quoted(shown)}${sentence(comment(member))}`);
    if (nested) lines.push(...members(member.type, `${indent}  `));
  }
  return lines;
}

/** A section for each name that is exported; of a function with several signatures one for all. */
function sections(module) {
  const found = new Map();
  for (const node of module.body.statements) {
    const constant = ts.isVariableStatement(node) ? node.declarationList.declarations[0] : null;
    const name = (constant ?? node).name.getText();
    const section = found.get(name) ?? { name, value: !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node), said: [], lines: [] };
    found.set(name, section);
    if (comment(node)) section.said.push(comment(node));
    if (ts.isFunctionDeclaration(node)) section.lines.push(`- ${quoted(code(node).replace(/^function /, ""))}`);
    else if (ts.isTypeAliasDeclaration(node)) section.lines.push(`- ${quoted(code(node.type))}`);
    else if (constant) section.lines.push(...(ts.isTypeLiteralNode(constant.type) ? members(constant.type) : [`- ${quoted(code(constant))}`]));
    else section.lines.push(...members(node));
    if (node.heritageClauses) section.lines.unshift(`- ${node.heritageClauses.map((clause) => quoted(code(clause))).join(", ")}`);
  }
  // In the order in which they stand on the page: what an app calls, then types.
  const ordered = [true, false].flatMap((value) => [...found.values()].filter((section) => section.value === value));
  return ordered.map((section) => ({ ...section, anchor: anchor(section.name) }));
}

function page() {
  const out = [
    "# Reference",
    "",
    "All that `runtime:wasm` (in npm `runtime-wasm`) and `runtime:app` export, with its types. What each promises, in full, is in [semantics.md](semantics.md); what the npm",
    "package has beside it in [npm.md](npm.md). This page is made of [js/runtime-wasm.d.ts](../js/runtime-wasm.d.ts) by `node scripts/reference.mjs > docs/reference.md`.",
    "",
  ];
  const modules = source.statements.filter(ts.isModuleDeclaration).map((module) => ({ name: module.name.text, sections: sections(module) }));
  for (const { name, sections } of modules) {
    const links = (wanted) => sections.filter(({ value }) => value === wanted).map(({ name, anchor }) => `[${name}](#${anchor})`).join(", ");
    out.push(`- **${name}** exports ${links(true)}${links(false) ? `; and as types ${links(false)}` : ""}`);
  }
  for (const { name, sections } of modules) {
    out.push("", `## ${name}`);
    for (const section of sections) {
      out.push("", `### ${section.name}`, "", ...section.said.flatMap((said) => [said, ""]), ...section.lines);
    }
  }
  return `${out.join("\n")}\n`;
}

process.stdout.write(page());
