import { spawnSync } from 'node:child_process'
import { createContainer } from '../../src/app/container.js'
import { listPlugins } from '../../src/app/plugins/plugins.js'
import { SHARED_KEY_CIPHER } from '../../src/config/schema/default-cipher.js'
import { ConfigError } from '../../src/core/api/errors.js'
import { silentLogger } from '../../src/core/api/logger.js'

/** One tunnel of the demo: how its datagrams travel and how they are sealed. */
export interface Combination {
  readonly transport: string
  /** The scheme of the transport's endpoints. */
  readonly scheme: string
  readonly cipher: string
  /** What is put around the tunnel, which takes two hosts. */
  readonly around?: 'certificate' | 'proxy'
}

/** The transport whose ends meet within one process. */
export const IN_PROCESS = 'memory'

/** What more can be shown of WebSocket, and the program that it takes. */
const AROUND = [
  { transport: 'wss', scheme: 'wss', around: 'certificate', program: 'openssl' },
  { transport: 'ws-proxy', scheme: 'ws', around: 'proxy', program: 'tinyproxy' },
] as const

/**
 * Every built-in transport with every built-in cipher, and WebSocket with TLS and through a web proxy where the
 * programs for that are installed, or only those that are named as `TRANSPORT/CIPHER`.
 *
 * @throws ConfigError if one is named that there is not.
 */
export async function combinations(only: readonly string[]): Promise<Combination[]> {
  const container = await createContainer(silentLogger, [])
  const ciphers = listPlugins(container, 'cipher')
  const plain = listPlugins(container, 'transport').flatMap(({ name: transport, schemes }) =>
    ciphers.map(({ name: cipher }) => ({ transport, scheme: schemes[0]!, cipher })),
  )
  const all: Combination[] = [...plain, ...around()]
  const names = all.map(nameOf)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(`Cannot show '${unknown}': there are ${names.join(', ')}`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return only.length === 0 ? all : all.filter((combination) => only.includes(nameOf(combination)))
}

function around(): Combination[] {
  return AROUND.filter(({ program }) => spawnSync('which', [program]).status === 0).map(
    ({ program: _, ...combination }) => ({ ...combination, cipher: SHARED_KEY_CIPHER }),
  )
}

function nameOf({ transport, cipher }: Combination): string {
  return `${transport}/${cipher}`
}
