import type { Node } from 'typescript/unstable/ast'
import { SyntaxKind } from 'typescript/unstable/ast'
import { type Symbol as Name, type Project, SymbolFlags } from 'typescript/unstable/sync'
import { ROOT } from '../../golden/compiler.js'

/** What is said before a declaration. */
export interface Doc {
  /** Paragraphs, in Markdown. */
  readonly text: string
  /** Each tag with what follows it, in their order. */
  readonly tags: readonly { readonly tag: string; readonly text: string }[]
}

/** What an entry exports under a name. */
export interface Declared {
  readonly name: string
  readonly kind: 'function' | 'class' | 'type' | 'constant'
  readonly doc: Doc
  /** The declaration, with comments on its members, as a program may write it. */
  readonly code: string
  /** The names of a function's parameters; `{}` for one that is taken apart. */
  readonly parameters: readonly string[]
}

/** What a module exports of ours, in the order of the alphabet. */
export function declaredBy({ checker, program }: Project, entry: string): Declared[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  return checker
    .getExportsOfModule(module)
    .map((name) => ({ name, target: name.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name }))
    .filter(({ target }) => isOurs(target))
    .map(({ name, target }) => declared(name.name, target))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function isOurs({ declarations }: Name): boolean {
  return declarations.some(({ path }) => path.startsWith(`${ROOT}/dist/`))
}

function declared(name: string, target: Name): Declared {
  const node = target.declarations[0]!.resolve()!
  const statement = node.kind === SyntaxKind.VariableDeclaration ? node.parent!.parent! : node
  const code = plain(statement.getText())
  return {
    name,
    kind: kindOf(node.kind),
    doc: docOf(statement),
    code: name === target.name ? code : code.replace(new RegExp(`\\b${target.name}\\b`), name),
    parameters: node.kind === SyntaxKind.FunctionDeclaration ? parametersOf(node) : [],
  }
}

function kindOf(kind: SyntaxKind): Declared['kind'] {
  if (kind === SyntaxKind.FunctionDeclaration) return 'function'
  if (kind === SyntaxKind.ClassDeclaration) return 'class'
  return kind === SyntaxKind.VariableDeclaration ? 'constant' : 'type'
}

function parametersOf(node: Node): string[] {
  const found: string[] = []
  node.forEachChild((child) => {
    if (child.kind === SyntaxKind.Parameter) found.push(/^(?:\.\.\.)?(\w+|\{)/.exec(child.getText())![1]!)
    return undefined
  })
  return found.map((name) => (name === '{' ? '{}' : name))
}

/** Without what says that it is exported, where types are imported from, and semicolons. */
function plain(text: string): string {
  return text
    .replace(/^export (default )?(declare )?/, '')
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/;$/gm, '')
    .replace(/^(?: {4})+/gm, (indent) => '  '.repeat(indent.length / 4))
}

/** What the comment before a declaration says. */
function docOf(node: Node): Doc {
  const [comment = ''] = /\/\*\*(?:(?!\/\*\*)[\s\S])*?\*\/\s*$/.exec(before(node)) ?? []
  const lines = comment
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const [text = '', ...tagged] = lines.join('\n').trim().split(/^@/m)
  const tags = tagged.map((one) => {
    const [, tag = '', rest = ''] = /^(\w+)\s*([\s\S]*)$/.exec(one)!
    return { tag, text: rest.trim() }
  })
  return { text: text.trim(), tags }
}

/** What stands before a declaration, from the end of the one before on. */
function before(node: Node): string {
  const full = node.getFullText()
  return full.slice(0, full.length - node.getText().length)
}
