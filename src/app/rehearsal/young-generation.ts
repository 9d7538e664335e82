import v8 from 'node:v8'

/** Factor by which V8 lets the young generation grow at a time, unless a flag of the process says otherwise. */
const GROWTH_OF_V8 = '2'

/** How many want it to stay as it is. */
let holders = 0

/**
 * Keeps V8 from letting its young generation grow, until whoever holds it lets go: by the function that is returned, which
 * may be called again. V8 reads the flag at each growth.
 */
export function holdYoungGeneration(): () => void {
  if (holders++ === 0) setGrowth('1')
  let isHeld = true
  return () => {
    if (isHeld && --holders === 0) setGrowth(growthAtStart())
    isHeld = false
  }
}

let endOfStart: (() => void) | undefined

/** The same until {@link endStart} is called: a program that loads its code would make it grow to four times its size. */
export function holdThroughStart(): void {
  endOfStart ??= holdYoungGeneration()
}

/** Lets go of what {@link holdThroughStart} holds, if it does. */
export function endStart(): void {
  endOfStart?.()
  endOfStart = undefined
}

function setGrowth(factor: string): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

/** The factor that the process was started with: V8 does not tell the value of a flag. */
function growthAtStart(): string {
  const given = process.execArgv.flatMap(
    (flag) => /^--semi[-_]space[-_]growth[-_]factor=(\d+)$/.exec(flag)?.[1] ?? [],
  )
  return given.at(-1) ?? GROWTH_OF_V8
}
