import { limited } from './limited.js'

/** What a case does its work in. */
interface Lab {
  /** Closes what is open, and removes what the setup made. */
  dispose(): Promise<void>
}

/** Runs something in a lab of its own, made of what `setup` yields. */
export async function inLab<Setup, Made extends Lab>(
  LabOf: new (setup: Setup) => Made,
  setup: () => Setup | Promise<Setup>,
  run: (lab: Made) => void | Promise<void>,
): Promise<void> {
  const lab = new LabOf(await limited('setup is done', async () => setup()))
  try {
    await run(lab)
  } finally {
    await limited('everything is closed and disposed of', () => lab.dispose())
  }
}
