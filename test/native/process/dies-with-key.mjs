// Keeps a key as text, as bytes and in native memory, forbids cores if asked to, and dies by SIGABRT in the current folder.
import { loadKoffi } from '../../../dist/src/native/base/koffi.js'
import { native } from '../../../dist/src/native/base/native.js'
import { forbidCores } from '../../../dist/src/native/process/forbid-cores.js'

const [how, hex] = process.argv.slice(2)
const key = Buffer.from(hex, 'hex')
globalThis.kept = [key, key.toString('latin1')]
if (process.env.QANAT_NO_NATIVE !== '1') native().arena.reserve(key.length).bytes.set(key)
if (how !== 'allow') forbidCores()
if (how === 'dumpable') {
  const prctl = 'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)'
  loadKoffi().load('libc.so.6').func(prctl)(4, 1, 0, 0, 0)
}
process.abort()
