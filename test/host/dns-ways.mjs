// Has the host ask other name servers for a device, and prints the way and what /etc/resolv.conf says meanwhile and
// after it was put back.
import { readFileSync } from 'node:fs'
import { systemClock } from '../../dist/src/core/system-clock.js'
import { changeDns } from '../../dist/src/host/dns.js'
import { Journal, readJournal } from '../../dist/src/host/journal.js'
import { undoAll } from '../../dist/src/host/undo.js'

const [path] = process.argv.slice(2)
const DNS = { servers: ['10.0.0.1', 'fd00::1'], search: ['example.org'] }
const log = { debug() {}, info() {}, warn() {}, error() {} }
const nameServers = () => readFileSync('/etc/resolv.conf', 'utf8')

const way = await changeDns('q0', DNS, new Journal(path))
const meanwhile = nameServers()
const failed = await undoAll(readJournal(path)?.changes ?? [], { log, clock: systemClock, hooks: {} })
process.stdout.write(JSON.stringify({ way, meanwhile, after: nameServers(), failed }))
