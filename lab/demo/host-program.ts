import { serve } from './far-program.js'
import { measure } from './near-program.js'

// host-program.js far: serves. host-program.js near ADDRESS: measures, and prints the Measurement as JSON.
const [role, address] = process.argv.slice(2)
if (role === 'far') serve(() => process.stdout.write('serving\n'))
else process.stdout.write(`${JSON.stringify(await measure(address!))}\n`)
