import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isIdentifier, isTypeAliasDeclaration, type Node, SyntaxKind } from 'typescript/unstable/ast'
import {
  type Checker,
  type Symbol as Name,
  type Project,
  SymbolFlags,
  type Type,
  TypeFlags,
} from 'typescript/unstable/sync'
import { ROOT } from './compiler.js'

/** Where the declarations are that this package makes. */
const BUILT = join(ROOT, 'dist/')
const TYPES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.ClassDeclaration,
  SyntaxKind.TypeAliasDeclaration,
])

/** Where package.json says that the types of an entry are, such as of `.`. */
export function typesOf(entry: string): string {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return join(ROOT, exports[entry].types)
}

/**
 * What a module exports, and behind it the types of ours that this leads to, by name: kinds, names and signatures without
 * comments and without the files they are in. Aliases of types are written out, since most are made of other types.
 */
export function publicSurface({ checker, program }: Project, entry: string): string {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  const exported = checker
    .getExportsOfModule(module)
    .map((name) => ({ name, target: targetOf(checker, name) }))
  const reached = new Map<number, Name>()
  const reach = (name: Name | undefined) => {
    if (name !== undefined && isOurType(name)) reached.set(name.id, name)
  }
  const lines = exported.map(({ name, target }) => {
    const text = declarationOf(checker, target, reach)
    return name.name === target.name ? text : `${text} // exported as ${name.name}`
  })
  for (const { target } of exported) reached.delete(target.id)
  const behind: string[] = []
  for (const name of reached.values()) {
    // What this reaches is behind it in the map, so that the loop comes to it.
    if (!exported.some(({ target }) => target.id === name.id))
      behind.push(declarationOf(checker, name, reach))
  }
  return ['Exported:', ...lines.sort(), '', 'Reached through these:', ...behind.sort(), ''].join('\n')
}

function targetOf(checker: Checker, name: Name): Name {
  return name.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name
}

function isOurType({ declarations }: Name): boolean {
  return declarations.some(({ path, kind }) => path.startsWith(BUILT) && TYPES.has(kind))
}

/** How a name is declared, without what says that it is exported. `reach` is told the names in it. */
function declarationOf(checker: Checker, name: Name, reach: (name: Name | undefined) => void): string {
  return name.declarations
    .map((declaration) => {
      const node = declaration.resolve()!
      if (isTypeAliasDeclaration(node) && node.typeParameters === undefined) {
        return `type ${name.name} = ${written(checker, checker.getDeclaredTypeOfSymbol(name), reach)}`
      }
      for (const found of checker.getSymbolAtLocation(identifiersIn(node))) {
        reach(found && targetOf(checker, found))
      }
      const statement = node.kind === SyntaxKind.VariableDeclaration ? node.parent!.parent! : node
      return plain(statement.getText())
    })
    .join('\n')
}

function identifiersIn(node: Node): Node[] {
  const found: Node[] = []
  const visit = (child: Node): void => {
    if (isIdentifier(child)) found.push(child)
    child.forEachChild(visit)
  }
  visit(node)
  return found
}

/** A declaration's text without comments, `export declare` and the files that types are imported from. */
function plain(text: string): string {
  return text
    .replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '')
    .replace(/^export (default )?(declare )?/, '')
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/;$/gm, '')
}

/** A type, with all that has no name of its own written out. */
function written(
  checker: Checker,
  type: Type,
  reach: (name: Name | undefined) => void,
  nested = false,
): string {
  const named = [type.getAliasSymbol(), type.getSymbol()].find(
    (name) => name !== undefined && isOurType(name),
  )
  const ownName = nested && named !== undefined && type.getAliasTypeArguments().length === 0
  if (ownName) reach(named)
  if (ownName || type.flags & TypeFlags.Boolean) return plain(checker.typeToString(type))
  const inner = (part: Type) => written(checker, part, reach, true)
  if (type.isUnionType()) {
    const members = type.getTypes()!.map(inner).sort().join(' | ')
    return members.replace('false | true', 'boolean')
  }
  if (checker.isArrayType(type)) {
    const element = inner(checker.getTypeArguments(type as never)[0]!)
    return `${checker.typeToString(type).startsWith('readonly ') ? 'readonly ' : ''}(${element})[]`
  }
  const declared = type.getSymbol()?.declarations ?? []
  const isStructure =
    (type.isObjectType() || type.isIntersectionType()) &&
    checker.getSignaturesOfType(type, 0).length === 0 &&
    (named !== undefined || !declared.some(({ kind }) => TYPES.has(kind)))
  if (!isStructure) return plain(checker.typeToString(type))
  const properties = checker.getPropertiesOfType(type).map((property) => {
    const mark = property.flags & SymbolFlags.Optional ? '?' : ''
    return `${property.name}${mark}: ${inner(checker.getTypeOfSymbol(property)!)}`
  })
  const indices = checker
    .getIndexInfosOfType(type)
    .map(({ keyType, valueType }) => `[key: ${inner(keyType)}]: ${inner(valueType)}`)
  const members = [...properties.sort(), ...indices].join('\n').replace(/^/gm, '    ')
  return `{\n${members}\n}`
}
