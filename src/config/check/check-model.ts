import type { ConfigModel } from '../schema/model.js'
import type { Check, PublicKeyOf } from './check.js'
import { checkAllowed } from './check-allowed.js'
import { checkKeys } from './check-keys.js'
import { checkPushed } from './check-pushed.js'
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
): Checked {
  const problems: Problem[] = []
  const remarks: Problem[] = []
  const into = (list: Problem[]) => (path: Path, text: string) => {
    list.push({ line: lineOf(path), text: `${dialect.describe(path)} ${text}` })
  }
  const check: Check = { model, dialect, report: into(problems), remark: into(remarks) }
  checkInterface(check)
  checkNames(check)
  checkKeys(check, publicKeyOf)
  checkAllowed(check)
  checkPushed(check)
  return { problems, remarks }
}

function checkInterface({ model, report }: Check): void {
  const { interface: own, peers } = model
  const isHanded = peers.some(({ accept = [] }) => accept.includes('addresses'))
  if (!isHanded && (own.address === undefined || own.address.length === 0)) {
    report(['interface', 'address'], 'is missing; such as 10.0.0.1/24')
  }
  if (peers.length === 0) report(['peer'], 'is missing; give at least one')
  const waits = peers.length > 0 && peers.every(({ endpoints = [] }) => endpoints.length === 0)
  if (waits && (own.listen === undefined || own.listen.length === 0)) {
    report(['interface', 'listen'], 'is missing, and no peer has an endpoint; give at least one of the two')
  }
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
