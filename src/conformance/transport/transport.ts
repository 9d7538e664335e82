import { afterEach, beforeEach, describe } from 'vitest'
import { defineCases, type Skip } from '../kit/cases.js'
import { testCarrying } from './transport-carrying.js'
import { TransportLab, type TransportSetup } from './transport-lab.js'
import { testClosing, testOpening, testSilentDialling } from './transport-opening.js'
import { testStreams } from './transport-streams.js'

/** What the suite needs to know of a transport. */
export interface TransportCase {
  readonly name: string
  /** Whether its links are connections: in order, without loss, and each end is notified when the other closes. */
  readonly stream: boolean
  setup(): TransportSetup | Promise<TransportSetup>
  readonly skip?: readonly Skip[]
}

/** Tests that a transport does what the interfaces Transport, Link and Listener say. */
export function testTransport({ name, stream, setup, skip = [] }: TransportCase): void {
  describe(`transport ${name}`, () => {
    let lab: TransportLab
    const current = () => lab

    beforeEach(async () => {
      lab = new TransportLab(await setup())
    })

    afterEach(() => lab.dispose())

    defineCases(skip, (test) => {
      testOpening(test, current)
      testCarrying(test, current, stream)
      testClosing(test, current)
      if (stream) testStreams(test, current)
      else testSilentDialling(test, current)
    })
  })
}
