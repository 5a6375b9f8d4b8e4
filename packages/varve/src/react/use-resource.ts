/** From a resource to a component: suspends until the first value, then follows without tearing. */
import { use, useDebugValue, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { Resource } from './resource.ts'

export type IsEqual<T> = (a: T, b: T) => boolean

/** The present value. Suspends on the first load only. */
export function useResource<T>(resource: Resource<T>): T {
  use(resource.first)
  return useSyncExternalStore(resource.subscribe, resource.get, resource.get)
}

/** A part of the value. Renders again only when that part is another one by `isEqual`. */
export function useSelected<T, Part>(
  resource: Resource<T>,
  selector: (value: T) => Part,
  isEqual: IsEqual<Part> = Object.is,
): Part {
  use(resource.first)
  // What is on the screen: a new selector, such as an inline one, may give an equal part, which keeps its identity.
  const shown = useRef<{ readonly part: Part } | null>(null)
  const getPart = useMemo(() => {
    let last: { readonly value: T; readonly part: Part } | null = null
    return (): Part => {
      const value = resource.get()
      if (last !== null && Object.is(last.value, value)) return last.part
      const part = selector(value)
      const before = last ?? shown.current
      last = { value, part: before !== null && isEqual(before.part, part) ? before.part : part }
      return last.part
    }
  }, [resource, selector, isEqual])
  const part = useSyncExternalStore(resource.subscribe, getPart, getPart)
  useEffect(() => {
    shown.current = { part }
  }, [part])
  useDebugValue(part)
  return part
}
