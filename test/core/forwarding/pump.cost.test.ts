import { expect, it } from 'vitest'
import { datagramOf, MOVES } from '../../support/core/fake-cipher.js'
import { Executions } from '../../support/executions.js'
import { ipv4, pumpLab } from './pump-lab.js'

/** Packets of a batch. */
const BATCH = 64
/** Pieces of code that such a batch ran each way before there were packet hooks; two more since lists may be opened as trains are. */
const OUT = 2318
const IN = 2697

it('costs nothing more without packet hooks than before there were any', () => {
  const executions = new Executions()
  const { leave, pump, a } = pumpLab()
  const marks = Array.from({ length: BATCH }, (_, mark) => mark)
  const packets = marks.map((mark) => ipv4(1, 10, mark))
  const datagrams = marks.map((mark) => datagramOf('a', MOVES, ipv4(10, 1, mark)))
  const out = () => leave(...packets)
  const into = () => pump.receive(a, datagrams)
  out()
  into()
  const counts = [executions.during(out), executions.during(into)]
  executions.close()
  expect(counts).toEqual([OUT, IN])
})
