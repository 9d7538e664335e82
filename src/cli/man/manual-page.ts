import type { CommandModel } from '../model/command-model.js'
import { ENVIRONMENT, FILES, SIGNALS } from '../model/environment.js'
import { EXAMPLES, type Example } from '../model/examples.js'
import type { ProgramVersion } from '../model/version.js'
import { EXIT_CODES } from '../output/exit-codes.js'
import { item, roffText, section, sentence, verbatim } from './roff.js'

/** The manual page qanat(1), from the definitions that the program runs by. man-pages(7) */
export function manualPage(
  [program, ...commands]: readonly [CommandModel, ...CommandModel[]],
  { version, date }: ProgramVersion,
): string {
  return `${[
    `.TH QANAT 1 ${date} "qanat ${version}" "User Commands"`,
    ...section('NAME', [roffText(`qanat - ${program.description}`)]),
    ...section('SYNOPSIS', [...synopsis(program), '.br', ...synopsis({ ...program, usage: 'COMMAND ...' })]),
    ...section('DESCRIPTION', [roffText(DESCRIPTION)]),
    ...section(
      'OPTIONS',
      program.options.flatMap(({ flags, details }) => item(flags, details)),
    ),
    ...section('COMMANDS', commands.flatMap(commandPart)),
    ...section('EXAMPLES', (EXAMPLES[''] ?? []).flatMap(example)),
    ...section(
      'FILES',
      FILES.flatMap(([path, meaning]) => item(path, meaning)),
    ),
    ...section(
      'ENVIRONMENT',
      ENVIRONMENT.flatMap(([name, meaning]) => item(name, meaning)),
    ),
    ...section(
      'EXIT STATUS',
      EXIT_CODES.flatMap(([code, meaning]) => item(String(code), meaning)),
    ),
    ...section(
      'SIGNALS',
      SIGNALS.flatMap(([names, meaning]) => item(names, meaning)),
    ),
    ...section('SEE ALSO', ['.BR ip (8),', '.BR wg (8),', '.BR wg\\-quick (8)']),
  ].join('\n')}\n`
}

const DESCRIPTION = [
  'Qanat carries IP packets between hosts by UDP, TCP or WebSocket, also through HTTP and SOCKS proxies, and seals them.',
  'A tunnel is described by a file, which "qanat up" runs, or by options alone: then the two arguments are the inner',
  'addresses of this end and of the far end. Making a TUN device takes root or the capability CAP_NET_ADMIN.',
].join(' ')

function synopsis({ name, usage }: CommandModel): string[] {
  return [`.B ${roffText(`qanat ${name}`.trim())}`, roffText(usage)]
}

function commandPart(command: CommandModel): string[] {
  const { description, options } = command
  const examples = EXAMPLES[command.name] ?? []
  return [
    `.SS ${roffText(`qanat ${command.name} ${command.usage}`)}`,
    roffText(sentence(description)),
    ...options.flatMap(({ flags, details }) => item(flags, details)),
    ...examples.flatMap(example),
  ]
}

function example({ wish, lines }: Example): string[] {
  return ['.PP', `${roffText(wish)}:`, ...verbatim(lines)]
}
