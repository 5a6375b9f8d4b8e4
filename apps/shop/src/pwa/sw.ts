/**
 * The service worker: it keeps the built app on the device and gives it to every navigation, so that the shop opens with
 * no server at all. Data are none of its business: those are the store's.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

// The page's and the worker's libraries of types cannot be loaded together; this is all that is needed of the latter.
declare const self: {
  readonly __WB_MANIFEST: Parameters<typeof precacheAndRoute>[0]
  skipWaiting(): Promise<void>
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void
}

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/api\//, /^\/sync/, /^\/health/],
  }),
)

// A new version waits until the user says so: it must not change a page under their hands.
self.addEventListener('message', ({ data }) => {
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING') {
    void self.skipWaiting()
  }
})
