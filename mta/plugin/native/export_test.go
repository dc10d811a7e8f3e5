package native

// Lent counts the objects that C holds pointers to.
func Lent() (n int) {
	table.Range(func(any, any) bool {
		n++
		return true
	})
	return n
}
