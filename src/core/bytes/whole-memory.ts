import { bufferOf } from './views.js'

/** All of a memory: what lies in it is found by its offset, and no view is made. */
export interface WholeMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** One per memory, which is few and reused: a lookup takes 15 ns, a new view 65 and a collection later. */
const memories = new WeakMap<ArrayBufferLike, WholeMemory>()
/** The one that was asked for last, as a rule the next one, too. */
let last: WholeMemory = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)) }
let lastBuffer: ArrayBufferLike | undefined

/** All of the memory that a view is of. */
export function wholeMemory(of: Uint8Array): WholeMemory {
  const buffer = bufferOf(of)
  if (buffer === lastBuffer) return last
  let memory = memories.get(buffer)
  if (memory === undefined) {
    memory = { bytes: new Uint8Array(buffer), view: new DataView(buffer) }
    memories.set(buffer, memory)
  }
  lastBuffer = buffer
  last = memory
  return memory
}
