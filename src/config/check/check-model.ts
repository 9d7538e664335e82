import { parseZonedAddress } from '../../core/ip/zone.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { cipherTraitsOf } from '../schema/cipher-of.js'
import type { ConfigModel } from '../schema/model.js'
import type { Check, PublicKeyOf } from './check.js'
import { checkAllowed, checkGroups } from './check-allowed.js'
import { checkEndpoints } from './check-endpoints.js'
import { checkKeys } from './check-keys.js'
import { checkMtu } from './check-mtu.js'
import { checkPushed } from './check-pushed.js'
import { checkRoutes } from './check-routes.js'
import type { Dialect, Path, Problem } from './problems.js'
import type { LineOf } from './validate.js'

/** What came of the checks. */
export interface Checked {
  readonly problems: readonly Problem[]
  readonly remarks: readonly Problem[]
}

/** What is wrong, or odd, in a model whose values are right by themselves. */
export function checkModel(
  model: ConfigModel,
  dialect: Dialect,
  lineOf: LineOf,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): Checked {
  const problems: Problem[] = []
  const remarks: Problem[] = []
  const into = (list: Problem[]) => (path: Path, text: string) => {
    list.push({ line: lineOf(path), text: `${dialect.describe(path)} ${text}` })
  }
  const check: Check = { model, dialect, traits, report: into(problems), remark: into(remarks) }
  checkInterface(check)
  checkEndpoints(check)
  checkMtu(check)
  checkHooks(check)
  checkNames(check)
  checkKeys(check, publicKeyOf)
  checkGroups(check)
  checkAllowed(check)
  checkRoutes(check)
  checkPushed(check)
  return { problems, remarks }
}

/**
 * A WireGuard device, as that of any cipher with many peers, may lack addresses, peers and a port, since a routing daemon
 * may set them up later. With other ciphers that is a mistake: their one peer needs no more than its table.
 */
function checkInterface({ model, report, remark, traits }: Check): void {
  const { interface: own, peers } = model
  const known = cipherTraitsOf(own, traits)
  const mayWait = known === undefined || known.peers === 'many'
  const missing = (path: Path, remedy: string, consequence: string) => {
    if (mayWait) remark(path, `is missing${consequence}`)
    else report(path, `is missing${remedy}`)
  }
  if (own.namespace !== undefined && own.user !== undefined) {
    report(['interface', 'user'], "cannot be with 'namespace', whose end takes root")
  }
  const isServer = (text: string) => parseZonedAddress(text.replace(/#.*/, '')) !== undefined
  const hasServers =
    peers.some(({ accept = [] }) => accept.includes('dns')) || own.dns?.some(isServer) === true
  if (own.dnsDomains !== undefined && !hasServers) {
    report(['interface', 'dns-domains'], "has no name server that is asked for them; give 'dns' one")
  }
  const isHanded = peers.some(({ accept = [] }) => accept.includes('addresses'))
  if (!isHanded && (own.address === undefined || own.address.length === 0)) {
    missing(['interface', 'address'], '; such as 10.0.0.1/24', ', so the device has none')
  }
  for (const [index, { disabled, expires }] of mayWait ? [] : [...peers.entries()]) {
    const key = disabled === undefined ? 'expires' : 'disabled'
    if ((disabled ?? expires) !== undefined) report(['peer', index, key], 'is for ciphers with many peers')
  }
  if (peers.length === 0) missing(['peer'], '; give at least one', ', so nothing is carried')
  const waits = peers.length > 0 && peers.every(({ endpoints = [] }) => endpoints.length === 0)
  if (waits && (own.listen === undefined || own.listen.length === 0)) {
    missing(
      ['interface', 'listen'],
      ', and no peer has an endpoint; give at least one of the two',
      ', and no peer has an endpoint: where peers find this end changes with each start',
    )
  }
}

function checkHooks({ model, report }: Check): void {
  const { hooks = [] } = model.interface
  const twice = hooks.find((name, index) => hooks.indexOf(name) < index)
  if (twice !== undefined) report(['interface', 'hooks'], `has '${twice}' twice`)
}

function checkNames({ model, report }: Check): void {
  const known = new Map<string, number>()
  for (const [index, { name }] of model.peers.entries()) {
    if (name === undefined) continue
    const other = known.get(name)
    if (other === undefined) known.set(name, index)
    else report(['peer', index, 'name'], `is '${name}', as that of peer ${other + 1} is`)
  }
}
