import {
  type ArgumentModel,
  type CommandModel,
  isOneWord,
  type OptionModel,
  type Value,
} from '../model/command-model.js'
import { shellWord } from './shell-word.js'
import { LIST_CLIENTS, LIST_TUNNELS } from './tunnel-names.js'

/** A script that lies as `_qanat` in a folder of zsh's fpath, or that is sourced after compinit. */
export function zshCompletion([program, ...commands]: readonly [CommandModel, ...CommandModel[]]): string {
  const described = commands
    .filter(isOneWord)
    .map(({ name, description }) => shellWord(`${name}:${description}`))
  return `#compdef qanat
# Completes qanat in zsh. Made by: qanat completion zsh
_qanat() {
  local -a commands=(
    ${described.join('\n    ')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    return
  fi
  if (( CURRENT > 3 )); then
    case "$words[2] $words[3]" in
${commands
  .filter((model) => !isOneWord(model))
  .map(branch)
  .join('')}    esac
  fi
  case $words[2] in
${commands.filter(isOneWord).map(branch).join('')}    *)
      _arguments ${specs(program)} ;;
  esac
}
if [ "$funcstack[1]" = _qanat ]; then _qanat "$@"; else compdef _qanat qanat; fi
`
}

function branch(model: CommandModel): string {
  const words = model.name.split(' ').length
  const pattern = words === 1 ? model.name : `"${model.name}"`
  return `    ${pattern})
      words=("$words[1]" "\${(@)words[${words + 2},-1]}"); (( CURRENT -= ${words} ))
      _arguments ${specs(model)}
      return ;;
`
}

function specs({ options, arguments: args }: CommandModel): string {
  const all = [...options.flatMap(optionSpecs), ...args.map(argumentSpec)]
  return all.map((spec) => `\\\n        ${shellWord(spec)}`).join(' ')
}

/** Every option may be repeated as far as zsh is concerned: it is the program that knows. */
function optionSpecs({ names, description, value }: OptionModel): string[] {
  const behind = value === undefined ? '' : `:value:${action(value)}`
  return names.map((name) => `*${name}[${escaped(description)}]${behind}`)
}

function argumentSpec({ name, required, value }: ArgumentModel): string {
  return `${required ? ':' : '::'}${escaped(name)}:${action(value)}`
}

function action(value: Value): string {
  if (value.kind === 'choice') return `(${value.choices.join(' ')})`
  if (value.kind === 'file') return '_files'
  if (value.kind === 'client') return `{compadd -- \${(f)"$(${LIST_CLIENTS})"}}`
  if (value.kind === 'user') return '_users'
  if (value.kind === 'tunnel') return `{_files; compadd -- $(${LIST_TUNNELS})}`
  return value.kind === 'folder' ? '_files -/' : '()'
}

/** Brackets end a description and colons part a specification. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}
