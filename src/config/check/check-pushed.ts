import { parseIpAddress } from '../../core/ip/ip-address.js'
import { MAX_PUSHED } from '../../core/settings/client-settings.js'
import { cipherOf, cipherTraitsOf } from '../schema/cipher-of.js'
import { kebabKeys } from '../schema/names.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

/** What a cipher without messages of its own cannot do. */
const HANDING = ['accept', 'push-routes', 'push-dns', 'push-mtu'] as const

/** Checks that what is pushed to clients fits one message, and that what is accepted can be pushed at all. */
export function checkPushed(check: Check): void {
  const { model, remark, traits } = check
  checkNames(check, model.server?.pushDns, ['server', 'push-dns'])
  for (const [index, peer] of model.peers.entries()) {
    checkNames(check, peer.pushDns, ['peer', index, 'push-dns'])
    const { accept = [], allowedIps } = peer
    const within = accept.filter((kind) => kind === 'routes' || kind === 'addresses')
    if (within.length > 0 && allowedIps?.length === 0) {
      remark(['peer', index, 'accept'], "has no effect, since the peer's 'allowed-ips' are none")
    }
  }
  if (cipherTraitsOf(model.interface, traits)?.keys === 'none') refuse(check)
}

/** By a cipher that proves nothing, such as xor, nothing can be told but packets. */
function refuse({ model, report }: Check): void {
  const why = `needs a cipher that tells ends apart; ${cipherOf(model.interface)} does not`
  const given = (table: object, path: Path) => {
    const held = kebabKeys(table) as object
    for (const key of HANDING) if (key in held) report([...path, key], why)
  }
  given(model.server ?? {}, ['server'])
  for (const [index, peer] of model.peers.entries()) given(peer, ['peer', index])
}

function checkNames({ report }: Check, names: readonly string[] = [], path: Path): void {
  const servers = names.filter((name) => parseIpAddress(name) !== undefined).length
  const domains = names.length - servers
  const { nameServers, searchDomains } = MAX_PUSHED
  if (servers > nameServers) report(path, `holds ${servers} name servers; allowed: at most ${nameServers}`)
  if (domains > searchDomains) report(path, `holds ${domains} domains; allowed: at most ${searchDomains}`)
}
