import { type CommandModel, isOneWord, type OptionModel, type Value } from '../model/command-model.js'
import { shellWord } from './shell-word.js'
import { LIST_CLIENTS, LIST_TUNNELS } from './tunnel-names.js'

/** A script that fish sources, or that lies in its folder of completions. */
export function fishCompletion([program, ...commands]: readonly [CommandModel, ...CommandModel[]]): string {
  const none = '__fish_use_subcommand'
  const lines = [
    '# Completes qanat in fish. Made by: qanat completion fish',
    'complete -c qanat -f', // no files where none are wanted
    ...commands
      .filter(isOneWord)
      .map(({ name, description }) => `complete -c qanat -n ${none} -a ${name} -d ${shellWord(description)}`),
    ...program.options.map((option) => optionLine(none, option)),
  ]
  for (const {
    name,
    options,
    arguments: [first],
  } of commands) {
    const here = shellWord(conditionOf(name, commands))
    lines.push(...options.map((option) => optionLine(here, option)))
    const argument = wanted(first?.value)
    if (argument !== '') lines.push(`complete -c qanat -n ${here} ${argument}`)
  }
  return `${lines.join('\n')}\n`
}

/** Whether a command is what is typed: of one within another both words, and of that other none of those within it. */
function conditionOf(name: string, commands: readonly CommandModel[]): string {
  const seen = name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
  const within = commands.flatMap((command) =>
    command.name.startsWith(`${name} `) ? [command.name.split(' ')[1]!] : [],
  )
  const none = within.length === 0 ? [] : [`not __fish_seen_subcommand_from ${within.join(' ')}`]
  return [...seen, ...none].join('; and ')
}

function optionLine(condition: string, { names, description, value }: OptionModel): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const kind = value?.kind === 'file' || value?.kind === 'tunnel' ? '-r' : '-x' // without -x there would be files, too
  const behind = value === undefined ? '' : ` ${kind} ${wanted(value)}`.trimEnd()
  return `complete -c qanat -n ${condition} ${flags.join(' ')}${behind} -d ${shellWord(description)}`
}

function wanted(value: Value | undefined): string {
  if (value?.kind === 'choice') return `-a ${shellWord(value.choices.join(' '))}`
  if (value?.kind === 'file') return '-F'
  if (value?.kind === 'tunnel') return `-F -a ${shellWord(`(${LIST_TUNNELS})`)}`
  if (value?.kind === 'client') return `-a ${shellWord(`(${LIST_CLIENTS})`)}`
  if (value?.kind === 'user') return "-a '(__fish_complete_users)'"
  return value?.kind === 'folder' ? "-a '(__fish_complete_directories)'" : ''
}
