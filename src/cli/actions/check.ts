import { createContainer } from '../../app/container.js'
import { choosePlugin, transportForScheme } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { type AskerOptions, askerOf } from '../run/asker.js'
import { readTunnelFile } from '../run/tunnel-file.js'

/** The options of `check`. */
export type CheckOptions = Pick<AskerOptions, 'allowReadableKeys'>

/** Tells everything that is wrong in a file. */
export async function check(path: string, options: CheckOptions = {}): Promise<number> {
  const { config, remarks } = readTunnelFile(path, askerOf(options))
  const container = await createContainer(silentLogger, config.plugins)
  const cipher = await choosePlugin(container, 'cipher', config.cipher).create(config, container)
  cipher.close()
  if (config.tunDriver !== undefined) choosePlugin(container, 'TUN driver', config.tunDriver)
  for (const { protocol } of [...config.listen, ...config.peers.flatMap(({ endpoints }) => endpoints)]) {
    transportForScheme(container, protocol)
  }
  for (const line of remarks) remark(line)
  print(`${path}: valid, with ${config.peers.length} peer${config.peers.length === 1 ? '' : 's'}\n`)
  return EXIT_OK
}
