/** Times as people say them. */
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' })

/** `10:42` today, `3 May, 10:42` on any other day. */
export function formatTime(ms: number, now = Date.now()): string {
  const isToday = new Date(ms).toDateString() === new Date(now).toDateString()
  return isToday ? clock.format(ms) : `${day.format(ms)}, ${clock.format(ms)}`
}

export function formatDate(ms: number): string {
  return full.format(ms)
}
