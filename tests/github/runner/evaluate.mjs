// Evaluates expressions with GitHub's own library: a request a line on stdin, an answer a line on stdout, both JSON.
// The first argument is the node_modules directory that holds @actions/expressions.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(join(process.argv[2], "@actions/expressions/dist", name)).href);
const { Evaluator, Parser, data } = await load("index.js");
const { Lexer, TokenType } = await load("lexer.js");
const { truthy } = await load("result.js");

const STATUS = ["success", "failure", "cancelled", "always"];

function files(directory, below = "") {
  return readdirSync(join(directory, below), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => entry.isDirectory() ? files(directory, join(below, entry.name)) : [join(below, entry.name)]);
}

function matcher(pattern) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*\*\/|\*\*|\*|\?/g,
    (glob) => ({ "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" })[glob]);
  return new RegExp(`^${escaped}(?:/.*)?$`);
}

function hashFiles(workspace, patterns) {
  let chosen = [];
  const all = files(workspace);
  for (const pattern of patterns.join("\n").split("\n").map((one) => one.trim()).filter(Boolean)) {
    const wanted = matcher(pattern.replace(/^!/, "").replace(`${workspace}/`, "").replace(/^\.\//, ""));
    chosen = pattern.startsWith("!") ? chosen.filter((file) => !wanted.test(file))
      : [...chosen, ...all.filter((file) => wanted.test(file) && !chosen.includes(file))];
  }
  const result = createHash("sha256");
  for (const file of chosen) result.update(createHash("sha256").update(readFileSync(join(workspace, file))).digest());
  return chosen.length ? result.digest("hex") : "";
}

function functions(request) {
  const found = Object.entries(request.status ?? {}).map(([name, truth]) => ({
    name, description: "", minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(truth),
  }));
  if (request.workspace) {
    const call = (...words) => new data.StringData(hashFiles(request.workspace, words.map((word) => word.coerceString())));
    found.push({ name: "hashFiles", description: "", minArgs: 1, maxArgs: 255, call });
  }
  return found;
}

function answer(request) {
  const { tokens } = new Lexer(request.expression).lex();
  for (const token of tokens) {
    // The library unescapes only the first '' of a string, the runner all of them.
    if (token.type === TokenType.STRING) token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
  }
  const asks = tokens.some((token, i) => STATUS.includes(token.lexeme.toLowerCase()) && token.type === TokenType.IDENTIFIER
    && tokens[i + 1].type === TokenType.LEFT_PAREN);
  if (request.condition && !asks && !request.status.success) return { truth: false };
  const own = functions(request);
  const tree = new Parser(tokens, Object.keys(request.contexts), own).parse();
  if (tree === undefined) return request.condition ? { truth: true } : { value: null, text: "", truth: false };
  const contexts = JSON.parse(JSON.stringify(request.contexts), data.reviver);
  const named = new Map(own.map((one) => [one.name.toLowerCase(), one]));
  const value = new Evaluator(tree, contexts, named).evaluate();
  return { value: JSON.parse(JSON.stringify(value, data.replacer)), text: value.coerceString(), truth: truthy(value) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = answer(JSON.parse(line));
  } catch (error) {
    reply = { error: error.cause ? `${error.message}: ${error.cause.message}` : error.message };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
