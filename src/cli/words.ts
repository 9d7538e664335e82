import type { Command } from 'commander'
import { suggest } from '../config/check/suggest.js'
import { ConfigError } from '../core/api/errors.js'

/** A word that can only be meant for a command: addresses have dots, colons or digits. */
const WORD = /^[a-z][a-z-]*$/

/**
 * Shows the help that `help` or `help COMMAND` asks for, in place of addresses. False: these are addresses.
 *
 * @throws ConfigError for a word that is not a command.
 */
export function answersWords(
  program: Command,
  first: string | undefined,
  second: string | undefined,
): boolean {
  if (first === undefined || !WORD.test(first)) return false
  const names = program.commands.map((command) => command.name())
  const unknown = first === 'help' ? second : first
  const wanted = program.commands.find((command) => command.name() === unknown)
  if (unknown !== undefined && wanted === undefined) {
    const near = suggest(unknown, names)
    const hint = near === undefined ? 'see "qanat --help"' : `did you mean '${near}'?`
    throw new ConfigError(`Cannot find a command '${unknown}': ${hint}`, { code: 'ERR_CONFIG_VALUE' })
  }
  ;(wanted ?? program).outputHelp()
  return true
}
