import { shownCertificates } from '../../app/carriers/shown-certificates.js'
import { createContainer } from '../../app/container.js'
import { checkHost } from '../../app/device/check-host.js'
import { makeCipher } from '../../app/make-cipher.js'
import {
  choosePlugin,
  closePlugins,
  odditiesOf,
  partTraitsOf,
  setOptions,
  traitsOf,
  transportForScheme,
} from '../../app/plugins/plugins.js'
import { tryHooks } from '../../app/try-hooks.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { silentLogger } from '../../core/api/logger.js'
import { certificatesText } from '../output/certificates-text.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { proxiesOf, proxyLine } from '../output/proxy-text.js'
import { type AskerOptions, askerOf } from '../run/asker.js'
import { admitTunnelFile } from '../run/tunnel-file.js'

/** The options of `check`. */
export interface CheckOptions extends Omit<AskerOptions, 'user'> {
  /** Asks this host, too. */
  readonly host?: boolean
  readonly json?: boolean
}

/** The version of the JSON that programs read. */
const JSON_VERSION = 1

/** Tells everything that is wrong in a file and, if it is asked, what this host would say of its tunnel. */
export async function check(name: string, options: CheckOptions = {}): Promise<number> {
  const path = tunnelFile(name)
  const admitted = admitTunnelFile(path, askerOf(options))
  const container = await createContainer(silentLogger, admitted.plugins)
  const { config, controlGroup: named, remarks: ofFile } = admitted.whole(partTraitsOf(container))
  const ofGroup =
    named === undefined ? [] : (await import('../group/control-group.js')).controlGroup(named).remarks
  const remarks = [...ofFile, ...ofGroup, ...odditiesOf(container)]
  setOptions(container, config.pluginOptions)
  const over = new AbortController()
  const cipher = await makeCipher(container, config, over.signal)
  await cipher.close()
  await tryHooks(container, config, over.signal)
  await tryTls(config)
  over.abort()
  await closePlugins(container, over.signal)
  if (config.tunDriver !== undefined) choosePlugin(container, 'TUN driver', config.tunDriver)
  for (const { protocol } of [...config.listen, ...config.peers.flatMap(({ endpoints }) => endpoints)]) {
    transportForScheme(container, protocol)
  }
  const peers = config.peers.length
  const proxies = proxiesOf(config, traitsOf(container))
  const certificates = shownCertificates(config, traitsOf(container))
  const host = options.host === true ? await checkHost(config, traitsOf(container)) : undefined
  if (options.json === true) {
    const found = {
      ...{ version: JSON_VERSION, file: path, peers, remarks, proxies, certificates },
      ...(host && { host: host.ranges }),
    }
    print(`${JSON.stringify(found, null, 2)}\n`)
  } else for (const line of [...remarks, ...(host?.remarks ?? [])]) remark(line)
  if (host?.refusal !== undefined) throw host.refusal
  if (options.json !== true) {
    print(`${path}: valid, with ${peers} peer${peers === 1 ? '' : 's'}\n`)
    for (const found of proxies) print(proxyLine(found))
    for (const line of certificatesText(certificates)) print(`${line}\n`)
  }
  return EXIT_OK
}

/** Has OpenSSL take certificates and keys, which may find one too weak that is right otherwise. */
async function tryTls({ transports }: TunnelConfig): Promise<void> {
  const { tls } = transports?.groups ?? {}
  if (tls?.cert === undefined && tls?.ca === undefined && transports?.proxy?.ca === undefined) return
  const { TlsClient } = await import('../../transports/dialing/tls-client.js')
  for (const settings of [tls, { ca: transports?.proxy?.ca }, ...(tls?.further ?? [])])
    new TlsClient(settings)
}
