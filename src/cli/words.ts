import type { Command } from 'commander'
import { suggest } from '../config/check/suggest.js'
import { ConfigError } from '../core/api/errors.js'

/** A word that can only be meant for a command: addresses have dots, colons or digits. */
const WORD = /^[a-z][a-z_-]*$/i
/** What users of other programs type, by what it is called here. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  list: ['status'],
  stop: ['down'],
  version: ['--version'],
  '-v': ['--version'],
}
/** Words of service managers, by what does that. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  start: '"qanat up NAME" runs a tunnel, "systemctl start qanat@FILE" its service',
  restart:
    '"qanat reload NAME" applies a changed file and drops nobody, "systemctl restart qanat@FILE" starts its service anew',
  logs: '"journalctl -u qanat@FILE" shows what a service logs, with "-p warning" only warnings and errors; "qanat up" logs to standard error',
}

/** The name of a command here, of users of other programs' names as well. */
export function nameHere(word: string): string {
  return ALIASES[word]?.[0] ?? word
}

/**
 * The words of a command line with commands under the names that they have here; without any they ask for help.
 *
 * @throws ConfigError if the first one is meant for a command, and there is none of that name: before anything is said of
 * what stands behind it.
 */
export function knownWords(program: Command, words: readonly string[]): readonly string[] {
  const [first, ...others] = words
  if (first === undefined) return ['--help']
  const alias = ALIASES[first]
  if (alias !== undefined) return [...alias, ...others]
  if (first !== 'help' && WORD.test(first)) commandNamed(program, first)
  return words
}

/** Shows the help that `help` or `help COMMAND` asks for, in place of addresses. False: these are addresses. */
export function answersHelp(
  program: Command,
  first: string | undefined,
  wanted: string | undefined,
): boolean {
  if (first !== 'help') return false
  ;(wanted === undefined ? program : commandNamed(program, nameHere(wanted))).outputHelp()
  return true
}

/** @throws ConfigError if there is no such command. */
function commandNamed(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name)
  if (found !== undefined) return found
  const near = suggest(name, [...program.commands.map((command) => command.name()), ...Object.keys(ALIASES)])
  const hint = ELSEWHERE[name] ?? (near === undefined ? 'see "qanat --help"' : `did you mean '${near}'?`)
  throw new ConfigError(`Cannot find a command '${name}': ${hint}`, { code: 'ERR_CONFIG_VALUE' })
}
