import { parseListen, parsePeer, reasonOf } from '../schema/parse.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

/** Checks that each endpoint is one as its transport has them, as far as that is known. */
export function checkEndpoints(check: Check): void {
  const { interface: own, peers, server } = check.model
  checkAll(check, own.listen, ['interface', 'listen'], parseListen)
  checkAll(check, server?.endpoints, ['server', 'endpoints'], parsePeer)
  for (const [index, { endpoints }] of peers.entries()) {
    checkAll(check, endpoints, ['peer', index, 'endpoints'], parsePeer)
  }
}

function checkAll(
  { report, traits }: Check,
  texts: readonly string[] = [],
  path: Path,
  parse: typeof parsePeer,
): void {
  for (const [item, text] of texts.entries()) {
    const refuse = (why: string) => report([...path, item], why)
    try {
      for (const fault of traits.endpointFaults(parse(text, 'udp', traits.transport))) refuse(fault)
    } catch (thrown) {
      refuse(`is wrong: ${reasonOf(thrown)}`)
    }
  }
}
