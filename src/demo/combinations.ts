import { createContainer } from '../container.js'
import { ConfigError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import { listPlugins } from '../core/plugins.js'

/** One tunnel of the demo: how its datagrams travel and how they are sealed. */
export interface Combination {
  readonly transport: string
  /** The scheme of the transport's endpoints. */
  readonly scheme: string
  readonly cipher: string
}

/** The transport whose ends meet within one process. */
export const IN_PROCESS = 'memory'

/**
 * Every built-in transport with every built-in cipher, or only those that are named as `TRANSPORT/CIPHER`.
 *
 * @throws ConfigError where one is named that there is not.
 */
export async function combinations(only: readonly string[]): Promise<Combination[]> {
  const container = await createContainer(silentLogger, [])
  const ciphers = listPlugins(container, 'cipher')
  const all = listPlugins(container, 'transport').flatMap(({ name: transport, schemes }) =>
    ciphers.map(({ name: cipher }) => ({ transport, scheme: schemes?.[0] ?? transport, cipher })),
  )
  const names = all.map(nameOf)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(`Cannot show '${unknown}': there are ${names.join(', ')}`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return only.length === 0 ? all : all.filter((combination) => only.includes(nameOf(combination)))
}

function nameOf({ transport, cipher }: Combination): string {
  return `${transport}/${cipher}`
}
