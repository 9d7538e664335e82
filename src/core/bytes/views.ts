/**
 * Views of memory, made and asked in the way that is cheapest where packets pass. V8 11, in Node 20, looks each property of
 * a typed array but `length` up anew in optimized code, `subarray` as well as `buffer`: what a lone packet runs became
 * several kilobytes of code more, which it finds cold. Called by themselves, the same functions are not looked up.
 */
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const getBuffer = getter('buffer') as (this: Uint8Array) => ArrayBufferLike
const getByteOffset = getter('byteOffset') as (this: Uint8Array) => number

/** The memory that a view is of. */
export function bufferOf(view: Uint8Array): ArrayBufferLike {
  return getBuffer.call(view)
}

/** Where in its memory a view begins, in bytes. */
export function offsetOf(view: Uint8Array): number {
  return getByteOffset.call(view)
}

/** The bytes of a view from `from` on and before `to`, of the same memory. Throws a RangeError if they are none of its memory. */
export function part(view: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(getBuffer.call(view), getByteOffset.call(view) + from, to - from)
}

/** Sets bytes from `from` on and before `to` to 0, few of them: for some bytes `fill` costs more, a call of V8's runtime. */
export function zero(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) bytes[at] = 0
}

function getter(name: string): unknown {
  return Object.getOwnPropertyDescriptor(typedArray, name)!.get
}
