import {
  isArrowFunction,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isFunctionDeclaration,
  isIdentifier,
  isMethodDeclaration,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isObjectLiteralExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isSpreadAssignment,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
  type NewExpression,
  type Node,
  type SourceFile,
  SyntaxKind,
  type TemplateSpan,
} from 'typescript/unstable/ast'
import type { Checker } from 'typescript/unstable/sync'

/** What stands where a message has something that is known only when it is written: constants are written out. */
const GAP = '{…}'
const LEVELS = ['debug', 'info', 'warn', 'error']

/** All that a program can say, a line each, by kind; each line once, sorted. */
export interface Messages {
  /** `Class CODE: message`, and `…: reason` where a function puts the message around it. */
  readonly errors: readonly string[]
  /** `level: message { names of its fields }`. */
  readonly logLines: readonly string[]
  /** Every other string of more than one word: help, reports, parts of messages. */
  readonly texts: readonly string[]
}

/** Reads the messages out of the sources' strings, so that none is missed because no test brings it up. */
export function messagesOf(checker: Checker, files: readonly SourceFile[]): Messages {
  const constants = new Map(files.flatMap((file) => constantsIn(checker, file)))
  const errors = new Set<string>()
  const logLines = new Set<string>()
  const texts = new Set<string>()
  const helpers = new Set(files.flatMap(errorHelpersIn))
  /** Strings that are a message by themselves. */
  const taken = new Set<Node>()
  const say = (node: Node | undefined): string[] => {
    if (node !== undefined) for (const string of messageStrings(node)) taken.add(string)
    return alternatives(node, constants)
  }

  const visit = (node: Node): void => {
    if (isErrorMade(node)) {
      const codes = codesOf(node.arguments?.[1])
      for (const message of say(node.arguments?.[0])) {
        errors.add(`${node.expression.getText()}${codes}: ${message}`)
      }
    } else if (isCallExpression(node)) {
      const [message, fields] = node.arguments
      if (isLogging(node.expression)) {
        const level = nameOf(node.expression)
        for (const line of say(message)) logLines.add(`${level}: ${line}${fieldsOf(fields)}`)
      } else if (helpers.has(nameOf(node.expression))) {
        for (const reason of node.arguments.flatMap(say).filter(isText)) errors.add(`…: ${reason}`)
      }
    }
    if (isString(node) && !taken.has(node) && !isFile(node)) {
      for (const text of alternatives(node, constants).filter(isText)) texts.add(text)
    }
    node.forEachChild(visit)
  }

  for (const file of files) visit(file)
  const sorted = (lines: Set<string>) => [...lines].map((line) => line.replaceAll('\n', '\\n')).sort()
  return { errors: sorted(errors), logLines: sorted(logLines), texts: sorted(texts) }
}

/** What templates hold that has one value in every run, as its type tells. */
type Constants = ReadonlyMap<Node, string>

function constantsIn(checker: Checker, file: SourceFile): [Node, string][] {
  const expressions: Node[] = []
  const visit = (node: Node): void => {
    if (isTemplateExpression(node))
      expressions.push(...node.templateSpans.map(({ expression }) => expression))
    node.forEachChild(visit)
  }
  visit(file)
  const types = expressions.length === 0 ? [] : checker.getTypeAtLocation(expressions)
  return expressions.flatMap((expression, index): [Node, string][] => {
    const type = types[index]
    return type?.isLiteralType() ? [[expression, String(type.value)]] : []
  })
}

/** Names of functions that make errors of what they are given. */
function errorHelpersIn(file: Node): string[] {
  const helpers: string[] = []
  const visit = (node: Node): void => {
    if (isFunctionDeclaration(node) || isMethodDeclaration(node) || isArrowFunction(node)) {
      const name = isArrowFunction(node) ? assignedTo(node) : node.name
      const given = node.parameters.map((parameter) => parameter.name.getText())
      if (name !== undefined && makesErrorOf(node, given)) helpers.push(nameOf(name))
    }
    node.forEachChild(visit)
  }
  visit(file)
  return helpers
}

function assignedTo(node: Node): Node | undefined {
  return isVariableDeclaration(node.parent) ? node.parent.name : undefined
}

function makesErrorOf(node: Node, names: readonly string[]): boolean {
  if (isErrorMade(node)) return (node.arguments ?? []).some((argument) => uses(argument, names))
  return found(node, (child) => makesErrorOf(child, names))
}

function uses(node: Node, names: readonly string[]): boolean {
  if (isIdentifier(node)) return names.includes(node.text)
  return found(node, (child) => uses(child, names))
}

function found(node: Node, is: (child: Node) => boolean): boolean {
  let result = false
  node.forEachChild((child) => {
    result ||= is(child)
  })
  return result
}

function isErrorMade(node: Node): node is NewExpression {
  return isNewExpression(node) && isIdentifier(node.expression) && node.expression.text.endsWith('Error')
}

/** Whether a method of a logger is called: what it is called on has log in its name. */
function isLogging(called: Node): boolean {
  return (
    isPropertyAccessExpression(called) &&
    LEVELS.includes(called.name.text) &&
    /log/i.test(called.expression.getText())
  )
}

/** The last name in `a`, `this.#a` or `a.b`. */
function nameOf(node: Node): string {
  return isPropertyAccessExpression(node) ? node.name.text : node.getText()
}

function codesOf(options: Node | undefined): string {
  let codes = ''
  const visit = (node: Node): void => {
    if (isPropertyAssignment(node) && node.name.getText() === 'code') {
      codes = ` ${alternatives(node.initializer).join(' or ')}`
    } else if (node.kind === SyntaxKind.ShorthandPropertyAssignment && node.getText() === 'code') {
      codes = ` ${GAP}`
    } else node.forEachChild(visit)
  }
  if (options !== undefined) visit(options)
  return codes
}

function fieldsOf(fields: Node | undefined): string {
  if (fields === undefined) return ''
  if (!isObjectLiteralExpression(fields)) return ` { ${GAP} }`
  const names = fields.properties.map((property) =>
    isSpreadAssignment(property) ? GAP : property.name!.getText(),
  )
  return ` { ${names.sort().join(', ')} }`
}

/** The texts that an expression may come to. */
function alternatives(node: Node | undefined, constants: Constants = new Map()): string[] {
  if (node === undefined) return ['']
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (isTemplateExpression(node)) {
    const whole = (text: string, { expression, literal }: TemplateSpan) =>
      text + (constants.get(expression) ?? GAP) + literal.text
    return [node.templateSpans.reduce(whole, node.head.text)]
  }
  if (isParenthesizedExpression(node)) return alternatives(node.expression, constants)
  if (isConditionalExpression(node))
    return [node.whenTrue, node.whenFalse].flatMap((branch) => alternatives(branch, constants))
  if (isBinaryExpression(node)) {
    const [left, right] = [alternatives(node.left, constants), alternatives(node.right, constants)]
    if (node.operatorToken.kind === SyntaxKind.PlusToken) {
      return left.flatMap((start) => right.map((end) => start + end))
    }
    return [...left, ...right]
  }
  return [constants.get(node) ?? GAP]
}

/** The strings that `alternatives` reads. */
function messageStrings(node: Node): Node[] {
  if (isString(node)) return [node]
  if (isParenthesizedExpression(node)) return messageStrings(node.expression)
  if (isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(messageStrings)
  if (isBinaryExpression(node)) return [node.left, node.right].flatMap(messageStrings)
  return []
}

function isString(node: Node): boolean {
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) || isTemplateExpression(node)
}

/** Whether somebody reads it, as far as that can be told. */
function isText(text: string): boolean {
  return /[a-z].* |^ .*[a-z]/is.test(text)
}

/** What is imported. */
function isFile(string: Node): boolean {
  return string.parent.kind === SyntaxKind.ImportDeclaration
}
