import { OUR_PROTOCOL } from '../../native/netlink/ownership.js'
import { removalOf } from '../../native/netlink/route.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { command, wasGone } from '../programs/command.js'
import type { Change } from '../record/change.js'

type RuleChange = Extract<Change, { kind: 'rule' | 'user-rule' }>
type TableChange = Extract<Change, { kind: 'table' }>

/** Removes a rule that this program made; that it is gone already is no error. */
export async function removeRule(rule: RuleChange): Promise<void> {
  const network = openNetwork()
  if (network === undefined) {
    const words = `priority ${rule.priority} ${selectorOf(rule)} protocol ${OUR_PROTOCOL}`
    return unlessGone(command('ip', [`-${rule.family}`, 'rule', 'delete', ...words.split(' ')]))
  }
  try {
    network.removeRule(rule, OUR_PROTOCOL)
  } finally {
    network.close()
  }
}

function selectorOf(rule: RuleChange): string {
  if (rule.kind === 'rule') return `not fwmark ${rule.mark} table ${rule.table}`
  return `uidrange ${rule.user}-${rule.user} table main`
}

/** Removes the routes that this program made of a table, and no others. */
export async function removeRoutes({ family, table }: TableChange): Promise<void> {
  const network = openNetwork()
  if (network === undefined) {
    const words = `table ${table} protocol ${OUR_PROTOCOL}`
    return unlessGone(command('ip', [`-${family}`, 'route', 'flush', ...words.split(' ')]))
  }
  try {
    const ours = network
      .routes()
      .filter((route) => route.family === family && route.table === table && route.protocol === OUR_PROTOCOL)
    for (const route of ours) network.removeRoute(removalOf(route))
  } finally {
    network.close()
  }
}

/** Undefined if the system cannot be called directly: then the program \`ip\` does the work. */
function openNetwork(): RouteNetlink | undefined {
  try {
    return new RouteNetlink()
  } catch {
    return undefined
  }
}

async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (thrown) {
    if (!wasGone(thrown)) throw thrown
  }
}
