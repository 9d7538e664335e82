import { asError } from '../../core/api/errors.js'
import { parseListen, parsePeer } from '../schema/parse.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

/** Checks that each endpoint is one as its transport has them, as far as that is known. */
export function checkEndpoints({ model, report, traits }: Check): void {
  const check = (texts: readonly string[] = [], path: Path, parse: typeof parsePeer) => {
    for (const [item, text] of texts.entries()) {
      try {
        parse(text, 'udp', traits.transport)
      } catch (thrown) {
        report([...path, item], reasonOf(asError(thrown)))
      }
    }
  }
  check(model.interface.listen, ['interface', 'listen'], parseListen)
  check(model.server?.endpoints, ['server', 'endpoints'], parsePeer)
  for (const [index, { endpoints }] of model.peers.entries()) {
    check(endpoints, ['peer', index, 'endpoints'], parsePeer)
  }
}

/** What is wrong, after "Cannot read the peer: ". */
function reasonOf({ message }: Error): string {
  return `is wrong: ${message.slice(message.indexOf(': ') + 2)}`
}
