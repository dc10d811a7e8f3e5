package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// luaProgram is a compiled chunk of gopher-lua.
type luaProgram struct{ proto *lua.FunctionProto }

func loadGopherLua(_ context.Context, path string) (program, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	chunk, err := parse.Parse(bufio.NewReader(f), path)
	if err != nil {
		return nil, err
	}
	proto, err := lua.Compile(chunk, path)
	if err != nil {
		return nil, err
	}
	return luaProgram{proto}, nil
}

func (p luaProgram) run(context.Context) (float64, time.Duration, error) {
	l := lua.NewState()
	defer l.Close()
	start := time.Now()
	l.Push(l.NewFunctionFromProto(p.proto))
	err := l.PCall(0, 1, nil)
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	n, ok := l.Get(-1).(lua.LNumber)
	if !ok {
		return 0, 0, fmt.Errorf("the result is %s, want a number", l.Get(-1))
	}
	return float64(n), took, nil
}
