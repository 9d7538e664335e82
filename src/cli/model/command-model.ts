import type { Argument, Command, Option } from 'commander'
import { CIPHER_SUMMARIES } from '../../ciphers/summaries.js'

/** What stands behind an option or as an argument, as far as a shell can help with it. */
export type Value =
  /** `tunnel`: a file, or the name of a tunnel whose file is in one of the folders that are searched. */
  | { readonly kind: 'file' | 'folder' | 'tunnel' | 'client' | 'user' | 'text' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

/** What options may name besides what plugins bring: what comes with Qanat. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  cipher: Object.keys(CIPHER_SUMMARIES),
  transport: ['udp', 'tcp', 'ws', 'wss'],
  driver: ['linux', 'tuntap2', 'memory'],
}

/** An option of a command. */
export interface OptionModel {
  /** As the help writes it: names and what stands behind. */
  readonly flags: string
  /** Its names, such as `-o` and `--output`. */
  readonly names: readonly string[]
  readonly description: string
  /** The same with choices and the default. */
  readonly details: string
  /** Undefined for a switch. */
  readonly value: Value | undefined
}

/** An argument of a command. */
export interface ArgumentModel {
  readonly name: string
  readonly required: boolean
  readonly description: string
  readonly value: Value
}

/** A command, as its definition for commander has it. */
export interface CommandModel {
  /** Empty for the program itself; two words for a command within a command. */
  readonly name: string
  readonly description: string
  readonly usage: string
  readonly arguments: readonly ArgumentModel[]
  readonly options: readonly OptionModel[]
}

/** The program itself, and then its commands, as users see them; behind each the commands within it. */
export function commandModels(program: Command): readonly [CommandModel, ...CommandModel[]] {
  return [modelOf(program, ''), ...commandsOf(program).map(({ name, command }) => modelOf(command, name))]
}

/** Whether a command is none within a command. */
export function isOneWord({ name }: CommandModel): boolean {
  return !name.includes(' ')
}

/** The commands that users see, with the words that they type for each. */
export function commandsOf(parent: Command, before = ''): { name: string; command: Command }[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .flatMap((command) => {
      const name = `${before}${command.name()}`
      return [{ name, command }, ...commandsOf(command, `${name} `)]
    })
}

function modelOf(command: Command, name: string): CommandModel {
  const help = command.createHelp()
  return {
    name,
    description: command.description(),
    usage: command.usage(),
    arguments:
      name !== '' && command.commands.length > 0
        ? [within(command)]
        : command.registeredArguments.map(argumentModel),
    options: help.visibleOptions(command).map((option) => ({
      ...optionModel(option),
      details: help.optionDescription(option),
    })),
  }
}

/** What stands behind a command that has commands. */
function within({ commands }: Command): ArgumentModel {
  const choices = commands.map((command) => command.name())
  return { name: 'command', required: true, description: '', value: { kind: 'choice', choices } }
}

function argumentModel(argument: Argument): ArgumentModel {
  const { required, description, argChoices } = argument
  return { name: argument.name(), required, description, value: valueFor(argument.name(), argChoices) }
}

function optionModel(option: Option): Omit<OptionModel, 'details'> {
  const { flags, short, long, description, argChoices } = option
  const placeholder = /[<[](.+)[>\]]$/.exec(flags)?.[1]
  return {
    flags,
    names: [short, long].filter((name) => name !== undefined),
    description,
    value: placeholder === undefined ? undefined : valueFor(placeholder, argChoices),
  }
}

/** Placeholders are words of ours: one that names a file or a folder is one. */
function valueFor(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choice', choices }
  const usual = USUAL[placeholder]
  if (usual !== undefined) return { kind: 'choice', choices: usual }
  if (placeholder === 'name|file') return { kind: 'tunnel' }
  if (placeholder === 'user' || placeholder === 'client') return { kind: placeholder }
  if (/^(file|path)\b/.test(placeholder)) return { kind: 'file' }
  return { kind: placeholder === 'folder' ? 'folder' : 'text' }
}
