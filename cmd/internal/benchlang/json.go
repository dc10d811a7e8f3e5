package main

import (
	"encoding/json"
	"os"
)

// record is the JSON file.
type record struct {
	Versions []string     `json:"versions"`
	Cells    []cellRecord `json:"cells"`
}

// cellRecord is one program on one engine; times are in the order of the rounds.
type cellRecord struct {
	Program  string  `json:"program"`
	Engine   string  `json:"engine"`
	Checksum float64 `json:"checksum"`
	Median   int64   `json:"median_ns"`
	Times    []int64 `json:"times_ns"`
}

func writeJSON(path string, s *session, versions []string) error {
	out := record{Versions: versions}
	for _, r := range s.rows {
		for i, c := range r.cells {
			if c.program == nil {
				continue
			}
			x := cellRecord{Program: r.name, Engine: s.engines[i].name, Checksum: r.sum, Median: int64(c.median())}
			for _, t := range c.times {
				x.Times = append(x.Times, int64(t))
			}
			out.Cells = append(out.Cells, x)
		}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
