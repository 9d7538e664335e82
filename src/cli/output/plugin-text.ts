import type { PluginPlace } from '../../app/finding/plugin-place.js'
import type { FigureFacts, OptionFacts, PluginFacts } from '../../app/plugins/plugin-facts.js'

/** Columns of names before what is said of them, as in the list of all parts, unless one is longer. */
const NAMES = 20

/** What is told of a plugin, in lines. */
export function pluginText({ name, figures = [], from, parts, options, place: file }: PluginFacts): string {
  const named = parts.map((part) => `${part.kind} ${part.name}`)
  const width = Math.max(
    NAMES,
    ...[...named, ...options.map(keys), ...figures.map((one) => one.name)].map(({ length }) => length),
  )
  const lines = [
    `${name}, of ${from}`,
    ...(file === undefined ? [] : [placeText(file)]),
    ...parts.map(({ summary }, index) => `  ${named[index]!.padEnd(width)} ${summary}`),
    ...(options.length === 0
      ? ['no options']
      : [`options in [plugin.${name}], or by --set ${name}.KEY=VALUE`]),
    ...options.map(
      (option) =>
        `  ${keys(option).padEnd(width)} ${option.help}: ${option.allowed}${usual(option)}${place(option)}`,
    ),
    ...(figures.length === 0 ? [] : ['figures in the status']),
    ...figures.map((figure) => `  ${figure.name.padEnd(width)} ${figure.help}: ${measure(figure)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** What a figure is, its unit, and what its labels may be. */
function measure({ labels = {}, type, unit }: FigureFacts): string {
  const each = Object.entries(labels).map(([label, values]) => `${label} ${values.join(', ')}`)
  return [`${type} of ${unit}`, ...each].join('; by ')
}

function keys({ key, type }: OptionFacts): string {
  return type === 'secret' ? `${key}-file, ${key}-env` : key
}

/** Where it may be set, if not in the table alone. */
function place({ in: places }: OptionFacts): string {
  if (!places.includes('endpoint')) return ''
  return places.includes('file') ? '; also in endpoints' : '; in endpoints alone'
}

function usual(option: OptionFacts): string {
  return 'default' in option ? `; default ${JSON.stringify(option.default)}` : ''
}

/** Where a plugin is, its version and whose it is. */
export function placeText({ owner, path, version }: PluginPlace): string {
  return `${path}, ${version === null ? 'no version' : `version ${version}`}, of user ${owner}`
}
