import { type CommandModel, isOneWord, type OptionModel, type Value } from '../model/command-model.js'
import { LIST_CLIENTS, LIST_TUNNELS } from './tunnel-names.js'

/** What bash runs to complete the word `$word`, by what is wanted there. */
function reply(value: Value): string {
  if (value.kind === 'choice') return words(value.choices)
  if (value.kind === 'file') return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word"))'
  if (value.kind === 'tunnel')
    return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word"; compgen -W "$(${LIST_TUNNELS})" -- "$word"))`
  if (value.kind === 'client') return `COMPREPLY=($(compgen -W "$(${LIST_CLIENTS})" -- "$word"))`
  if (value.kind === 'user') return 'COMPREPLY=($(compgen -u -- "$word"))'
  if (value.kind === 'folder') return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word"))'
  return 'COMPREPLY=()'
}

function words(list: readonly string[]): string {
  return `COMPREPLY=($(compgen -W $'${list.join('\\n')}' -- "$word"))`
}

/** A script that bash sources. Words part at line ends only, so that file names may hold spaces. */
export function bashCompletion([program, ...commands]: readonly [CommandModel, ...CommandModel[]]): string {
  const [names, within] = [commands.filter(isOneWord), commands.filter((model) => !isOneWord(model))].map(
    (models) => models.map(({ name }) => name),
  ) as [string[], string[]]
  return `# Completes qanat in bash. Made by: qanat completion bash
_qanat() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" command=
  case "\${COMP_WORDS[1]}" in
    ${names.join('|')}) [ "$COMP_CWORD" -gt 1 ] && command="\${COMP_WORDS[1]}" ;;
  esac
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
    ${within.map(quoted).join('|')}) [ "$COMP_CWORD" -gt 2 ] && command="\${COMP_WORDS[1]} \${COMP_WORDS[2]}" ;;
  esac
  case "$command" in
${commands.map((model) => branch(model, quoted(model.name), [])).join('')}${branch(program, '""', names)}  esac
}
complete -F _qanat qanat
`
}

function quoted(name: string): string {
  return name.includes(' ') ? `"${name}"` : name
}

function branch(model: CommandModel, pattern: string, commands: readonly string[]): string {
  const values = model.options.filter(({ value }) => value !== undefined)
  const all = model.options.flatMap(({ names }) => names)
  const first = model.arguments[0]
  const otherwise = commands.length > 0 ? words(commands) : reply(first?.value ?? { kind: 'text' })
  return `    ${pattern})
      case "$before" in
${values.map(valueBranch).join('')}        *)
          case "$word" in
            -*) ${words(all)} ;;
            *) ${commands.length > 0 ? '[ "$COMP_CWORD" -eq 1 ] && ' : ''}${otherwise} ;;
          esac ;;
      esac ;;
`
}

function valueBranch({ names, value }: OptionModel): string {
  return `        ${names.join('|')}) ${reply(value!)} ;;\n`
}
