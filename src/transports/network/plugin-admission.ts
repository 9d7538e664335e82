import type { Admission } from '../../core/plugin/admission.js'

/** How links take over what plugins were given. */
const takeovers = new WeakMap<Admission, () => Admission>()

/**
 * What a plugin is given of an admission: it settles that until a link takes it over. A socket whose descriptor a link takes
 * tells its 'close' at once, by which authors settle; the far end has proven nothing by that.
 */
export function pluginAdmission(admission: Admission): Admission {
  let isTaken = false
  const given: Admission = {
    from: (source) => admission.from(source),
    closedBy: (close) => admission.closedBy(close),
    settle() {
      if (!isTaken) admission.settle()
    },
  }
  takeovers.set(given, () => {
    isTaken = true
    return admission
  })
  return given
}

/** The admission that a link settles from now on, and nobody else; an author's own object as it is. */
export function takenOver(given: Admission): Admission {
  return takeovers.get(given)?.() ?? given
}
