// Runs before the first paint; src/ui/theme.ts does the same later. The key and the colours are theirs too.
;(() => {
  let choice = 'system'
  try {
    choice = localStorage.getItem('varve-shop.theme') ?? 'system'
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  const dark =
    choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.querySelector('meta[name=theme-color]').content = dark ? '#121519' : '#f8f6f1'
})()
