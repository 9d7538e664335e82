import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CONTROL_CHARACTERS } from '../../control/protocol.js'
import { QanatError } from '../../core/api/errors.js'
import { findProgram } from '../../native/process/programs.js'

/** What is shown on a desktop. */
export interface Notice {
  /** In this program's own words: some desktops read markup there, and others show it as it is. */
  readonly title: string
  /** Any text, which may hold names that others chose. */
  readonly body: string
}

export type Notify = (notice: Notice) => Promise<void>

type Environment = Readonly<Record<string, string | undefined>>

const APP = 'Qanat'
/** Of the names that icon themes share. https://specifications.freedesktop.org/icon-naming-spec */
const ICON = 'network-vpn'
/** Characters of a body. */
const MOST = 500
/** Milliseconds that a notice is shown, and that the program may take that shows it. */
const SHOWN_FOR = 10_000
const PATIENCE = 5_000
/** Surrogates without their other half, which UTF-8 cannot encode. */
const HALVES = /\p{Surrogate}/gu

const run = promisify(execFile)

/** How each program is told to show a notice: never by a shell. */
const PROGRAMS: Readonly<Record<string, (notice: Notice) => readonly string[]>> = {
  'notify-send': ({ body, title }) => {
    // It undoes escapes of C in the body by itself. notify-send(1) does not say so.
    const escaped = body.replaceAll('\\', '\\\\')
    return [`--app-name=${APP}`, `--icon=${ICON}`, `--expire-time=${SHOWN_FOR}`, '--', title, escaped]
  },
  gdbus: ({ body, title }) => {
    const name = 'org.freedesktop.Notifications'
    const call = ['call', '--session', '--dest', name, '--object-path', `/${name.replaceAll('.', '/')}`]
    // Texts of JSON are texts of GVariant.
    const texts = [title, body].map((text) => JSON.stringify(text))
    return [
      ...call,
      '--method',
      `${name}.Notify`,
      '--',
      `"${APP}"`,
      '0',
      `"${ICON}"`,
      ...texts,
      '[]',
      '{}',
      String(SHOWN_FOR),
    ]
  },
}

/**
 * Shows notices on the desktop of whoever runs this process, by what the host has for it.
 *
 * @throws QanatError ERR_CONTROL if there is no desktop, or nothing to tell it by; it says what helps.
 */
export function findNotifier(
  env: Environment = process.env,
  uid = process.getuid?.(),
  find = findProgram,
): Notify {
  if (uid === 0) {
    throw cannot('root has no desktop; run it as yourself, in the group of the tunnel’s control-group')
  }
  const bus = env.DBUS_SESSION_BUS_ADDRESS || (env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'bus'))
  if (!bus || (!env.DBUS_SESSION_BUS_ADDRESS && !existsSync(bus))) {
    throw cannot(
      'there is no session bus (DBUS_SESSION_BUS_ADDRESS); run it in a desktop session, as its user',
    )
  }
  for (const [name, argumentsFor] of Object.entries(PROGRAMS)) {
    const program = find(name)
    if (program !== undefined) return (notice) => show(program, argumentsFor(fit(notice)), env)
  }
  throw cannot(
    'neither notify-send nor gdbus is there; "sudo apt install libnotify-bin" installs the first one on Debian and Ubuntu, the package libnotify elsewhere',
  )
}

async function show(program: string, args: readonly string[], env: Environment): Promise<void> {
  // Without a locale of UTF-8 notify-send drops a text that is not ASCII.
  await run(program, args, { env: { ...env, LC_ALL: 'C.UTF-8' }, timeout: PATIENCE })
}

/** The body as desktops take it, which know some markup. https://specifications.freedesktop.org/notification-spec */
function fit({ body, title }: Notice): Notice {
  const lines = body.split('\n').map((line) => line.replace(CONTROL_CHARACTERS, ' '))
  const plain = lines.join('\n')
  const short = plain.length > MOST ? `${plain.slice(0, MOST)}…` : plain
  const marked = short
    .replace(HALVES, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  return { title, body: marked }
}

function cannot(why: string): QanatError {
  return new QanatError(`Cannot notify: ${why}`, { code: 'ERR_CONTROL' })
}
