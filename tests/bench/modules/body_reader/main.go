// Reads bodies as endpoint pickers do: encoding/json into a map.
// Stdin has a body in base64 on each line. Stdout gets a line of JSON for each: the value of `model`, or "refused".
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"log"
	"os"
)

type answer struct {
	Refused bool `json:"refused"`
	Model   any  `json:"model"`
}

func read(line []byte) answer {
	body, err := base64.StdEncoding.DecodeString(string(line))
	if err != nil {
		log.Fatal(err)
	}
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return answer{Refused: true}
	}
	return answer{Model: fields["model"]}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := answers.Encode(read(lines.Bytes())); err != nil {
			log.Fatal(err)
		}
	}
	if lines.Err() != nil {
		log.Fatal(lines.Err())
	}
}
