package spool

// Damage overwrites one byte of the record of a unit.
func Damage(s *Spool, tx string, queue int) error {
	key := makeKey(keyUnit, tx, queue)
	db := s.stores[0].db
	v, closer, err := db.Get(key)
	if err != nil {
		return err
	}
	bad := append([]byte(nil), v...)
	closer.Close()
	bad[len(bad)/2] ^= 1
	return db.Set(key, bad, s.stores[0].sync)
}
