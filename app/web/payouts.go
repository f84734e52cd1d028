package web

// payoutTable is the part of the route table about payouts.
func (s *Server) payoutTable() []route { return nil }
