// What TypeScript knows of the global object: node declared.mjs TYPESCRIPT DECLARATIONS. A line for each value that the declarations add to the
// language, and for each of its members: `Blob`, `Blob#slice`, `URL.parse`. Those of the language itself begin with "language".
import { createRequire } from "node:module";

const [typescript, file] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);
const program = ts.createProgram([file], { lib: ["lib.esnext.d.ts"], target: ts.ScriptTarget.ESNext, types: [] });
const checker = program.getTypeChecker();
const declarations = program.getSourceFile(file);

const isOurs = (symbol) => symbol.declarations?.some((declaration) => declaration.getSourceFile() === declarations) ?? false;
/** What can be asked of such a value, by a name or a well-known symbol. */
const members = (symbol) => checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)).filter((member) => isOurs(member) || member.name === "prototype");
const named = ({ name }) => name.replace(/^__@(\w+)@\d+$/, "[Symbol.$1]");

for (const value of checker.getSymbolsInScope(declarations, ts.SymbolFlags.Value)) {
  // Neither a module to import from...
  if (value.name.startsWith('"')) continue;
  console.log(isOurs(value) ? value.name : `language ${value.name}`);
  // ...nor the global object by another name.
  if (!isOurs(value) || value.name === "self") continue;
  for (const member of members(value)) {
    if (member.name !== "prototype") console.log(`${value.name}.${named(member)}`);
    else for (const inner of members(member)) console.log(`${value.name}#${named(inner)}`);
  }
}
