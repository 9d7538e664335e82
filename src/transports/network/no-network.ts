import { TransportError } from '../../core/api/errors.js'
import type { Network } from '../../core/plugin/network.js'
import type { Streams } from '../../core/plugin/streams.js'

const refuse = async (): Promise<never> => {
  throw refusal()
}

/** The network of a plugin that reaches nobody: whatever it asks for is refused. */
export const noNetwork: Network = {
  resolve: refuse,
  connect: refuse,
  tls: refuse,
  listen: refuse,
  bindUdp: refuse,
  relay: refuse,
  spawn: refuse,
  get agent(): never {
    throw refusal()
  },
}

/** Links over connections for it, which come from nowhere. */
export const noStreams: Streams = { link: refuse, listen: refuse }

function refusal(): TransportError {
  return new TransportError('Cannot use the network: this is a rehearsal, which reaches nobody', {
    code: 'ERR_TRANSPORT_DIAL',
  })
}
