/** A projection or a table in a component, or the part of it that a selector picks. */
import type { AnyView, ViewOf } from '../store/store.ts'
import { useStore } from './provider.ts'
import { resourceOf } from './resource.ts'
import { type IsEqual, useSelected } from './use-resource.ts'

const whole = <T>(value: T): T => value

/** Suspends until it is read for the first time. */
export function useProjection<View extends AnyView>(view: View): ViewOf<View>
/** @param isEqual whether two parts are the same for this component; default: identity */
export function useProjection<View extends AnyView, Part>(
  view: View,
  selector: (value: ViewOf<View>) => Part,
  isEqual?: IsEqual<Part>,
): Part
export function useProjection(
  view: AnyView,
  selector: (value: never) => unknown = whole,
  isEqual?: IsEqual<unknown>,
): unknown {
  const store = useStore()
  const resource = resourceOf<unknown>(store, `view:${view.name}`, () => store.watch(view))
  return useSelected(resource, selector as (value: unknown) => unknown, isEqual)
}
